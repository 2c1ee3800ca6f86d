// SPDX-License-Identifier: BSD-2-Clause
// Event streams and gRPC-web: stream_origin.mjs EICAR ADDRESS CHAIN KEY: HTTP/1.1 on port 80, both versions on 443.
//   GET /ticks[-gzip]: an event each 120 ms, without an end; /three: three and the end
//   GET /eicar[-gzip], /split, /comment: "before", then that file in one event, in two, in a comment; then silence
//   GET /file: that file itself under the label of an event stream
//   POST (gRPC-web) /web: the message back; /web-eicar: "before", that file, trailers
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import zlib from 'node:zlib';

const [eicar, address, chain, key] = process.argv.slice(2);
const file = fs.readFileSync(eicar).toString();
const sleep = ms => new Promise(done => setTimeout(done, ms));

function frame(flags, data) {
	const head = Buffer.alloc(5);
	head[0] = flags;
	head.writeUInt32BE(data.length, 1);
	return Buffer.concat([head, data]);
}

async function events(path, q, s) {
	const coded = path.endsWith('-gzip'), head = { 'content-type': 'text/event-stream; charset=utf-8' };
	if (coded) head['content-encoding'] = 'gzip';
	s.writeHead(200, head);
	const z = coded ? zlib.createGzip() : s;
	if (coded) z.pipe(s);
	const say = text => { z.write(text); if (coded) z.flush(); };
	if (path.startsWith('/ticks'))
		for (let i = 0; !s.destroyed && !s.writableEnded && i < 100; i++) { say(`id: ${i}\ndata: tick ${i}\n\n`); await sleep(120); }
	else if (path === '/three') {
		say('data: 1\r\n\r\ndata: 2\r\n\r\n');
		say(': comment\n');
		say('data: 3\n\n');
		z.end();
	} else if (path === '/file') say(file);
	else {
		say('data: before\n\n');
		await sleep(150);
		if (path.startsWith('/eicar')) say(`data: ${file.trim()}\n\n`);
		else if (path === '/split') { say(`data: ${file.slice(0, 30)}\n\n`); await sleep(150); say(`id: 1\ndata: ${file.slice(30).trim()}\n\n`); }
		else say(`: ${file.trim()}\n`);
		say('data: after\n\n');
	}
}

function web(path, q, s) {
	const type = q.headers['content-type'], text = type.includes('web-text'), all = [];
	const coded = b => (text ? b.toString('base64') : b);
	q.on('data', d => all.push(d));
	q.on('error', () => {});
	q.on('end', () => {
		const body = Buffer.concat(all);
		s.writeHead(200, { 'content-type': type });
		if (path === '/web') s.write(text ? body.toString() : body);
		else s.write(coded(frame(0, Buffer.from('before'))));
		setTimeout(() => {
			if (path !== '/web') s.write(coded(frame(0, Buffer.from(file))));
			s.end(coded(frame(0x80, Buffer.from('grpc-status: 0\r\n'))));
		}, 100);
	});
}

function serve(q, s) {
	const path = q.url;
	s.on('error', () => {});
	if (q.method === 'POST') web(path, q, s);
	else events(path, q, s);
}

http.createServer(serve).listen(80, address);
http2.createSecureServer({ allowHTTP1: true, cert: fs.readFileSync(chain), key: fs.readFileSync(key) }, serve).listen(443, address);
