// SPDX-License-Identifier: BSD-2-Clause
// Prints "STATUS BODY" of a URL, or "error CLASS: TEXT". The trust store is named by -Djavax.net.ssl.trustStore.
import java.io.InputStream;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

public class Get {
    public static void main(String[] urls) {
        for (String url : urls) {
            try {
                HttpsURLConnection c = (HttpsURLConnection) new URL(url).openConnection();
                c.setConnectTimeout(10000);
                c.setReadTimeout(20000);
                int status = c.getResponseCode();
                InputStream in = status < 400 ? c.getInputStream() : c.getErrorStream();
                System.out.println(url + " " + status + " " + one(in == null ? "" : new String(in.readAllBytes())));
            } catch (Exception e) {
                System.out.println(url + " error " + one(String.valueOf(e)));
            }
        }
    }

    static String one(String s) {
        return s.replaceAll("\\s+", " ");
    }
}
