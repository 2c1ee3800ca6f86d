// SPDX-License-Identifier: BSD-2-Clause
// An origin in Node, HTTP/2 and HTTP/1.1: ADDRESS CHAIN KEY FOLDER. Beside files: /upload answers with
// a digest, /trailers has one, /hints says 103 first, /coded/CODING is compressed, /stream has no length.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http2 from 'node:http2';
import zlib from 'node:zlib';

const [address, chain, key, folder] = process.argv.slice(2);
const coders = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync };

function file(request, response) {
	const name = folder + '/' + request.url.replace(/[^A-Za-z0-9.]/g, '');
	if (!fs.existsSync(name) || !fs.statSync(name).isFile())
		return response.writeHead(404).end();
	const tag = `"${fs.statSync(name).size}"`;
	if (request.headers['if-none-match'] === tag)
		return response.writeHead(304, { etag: tag }).end();
	response.writeHead(200, { etag: tag, 'content-type': 'application/octet-stream', 'content-length': fs.statSync(name).size });
	if (request.method === 'HEAD')
		return response.end();
	fs.createReadStream(name).pipe(response);
}

function upload(request, response) {
	const sum = crypto.createHash('sha256');
	request.on('data', (d) => sum.update(d));
	request.on('end', () => response.end(sum.digest('hex') + (request.trailers['x-late'] ? ' ' + request.trailers['x-late'] : '')));
}

function answer(request, response) {
	const text = fs.readFileSync(folder + '/clean.txt');
	const coding = request.url.split('/')[2];
	if (request.url === '/upload')
		return upload(request, response);
	if (request.url === '/trailers') {
		response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' });
		response.write('a body');
		response.addTrailers({ 'x-sum': '7' });
		return response.end();
	}
	if (request.url === '/hints') {
		response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
		return response.end('after the hints');
	}
	if (request.url === '/stream') {
		for (let i = 0; i < 1000; i++)
			response.write('a clean line of text\n');
		return response.end();
	}
	if (coders[coding]) {
		response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': coding });
		return response.end(coders[coding](text));
	}
	file(request, response);
}

http2.createSecureServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key), allowHTTP1: true }, answer).listen(443, address);
