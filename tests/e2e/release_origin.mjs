// SPDX-License-Identifier: BSD-2-Clause
// Objects in pieces, with and without a length: release_origin.mjs FOLDER LOG ADDRESS CHAIN KEY: HTTP/1.1 on port 80,
// both versions on 443. The last part of the path names a file; its type is by its ending (none: octet-stream). Query:
//   len=no: without Content-Length; pause=MS: half of it that much later; rate=BYTES: so many in a second; cut=N: the connection
//   breaks there, the first time; then=NAME: from the second request on that file's bytes; type=T; ranges=yes: answers 206 where a range is
//   asked for; loop=yes: the file again and again, without an end; any other name=value is a field of the answer (h-NAME=VALUE).
// The log gets a line for each request: path and query, Range or -, If-None-Match or -.
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';

const [folder, log, address, chain, key] = process.argv.slice(2);
const sleep = ms => new Promise(done => setTimeout(done, ms));
const seen = new Map();
const types = { exe: 'application/x-msdownload', zip: 'application/zip', pdf: 'application/pdf', html: 'text/html',
	docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', js: 'text/javascript',
	svg: 'image/svg+xml', png: 'image/png', mp4: 'video/mp4', mp3: 'audio/mpeg', woff2: 'font/woff2', wav: 'audio/wav',
	ogg: 'audio/ogg', webm: 'video/webm', txt: 'text/plain', iso: 'application/x-iso9660-image' };

async function feed(s, body, q, cut) {
	const write = async data => { if (!s.destroyed && !s.write(data)) await Promise.race([new Promise(d => s.once('drain', d)), new Promise(d => s.once('close', d))]); };
	const rate = Number(q.get('rate') || 0), step = rate ? Math.max(1, Math.floor(rate / 20)) : 65536;
	const stop = cut ? Number(q.get('cut')) : body.length;
	do {
		for (let i = 0, paused = false; i < stop && !s.destroyed; i += step) {
			if (q.has('pause') && !paused && i >= body.length / 2) { paused = true; await sleep(Number(q.get('pause'))); }
			await write(body.subarray(i, Math.min(i + step, stop)));
			if (rate) await sleep(50);
		}
	} while (q.get('loop') === 'yes' && !s.destroyed);
	if (cut) { await sleep(200); if (s.stream) s.stream.close(2); else s.socket.destroy(); } else s.end();
}

function serve(m, s) {
	const [path, query = ''] = m.url.split('?'), q = new URLSearchParams(query), n = (seen.get(m.url) || 0) + 1;
	let name = path.split('/').pop();
	fs.appendFileSync(log, `${m.url} ${m.headers.range || '-'} ${m.headers['if-none-match'] || '-'}\n`);
	seen.set(m.url, n);
	if (q.has('then') && n > 1) name = q.get('then');
	s.on('error', () => {});
	let body;
	try { body = fs.readFileSync(`${folder}/${name}`); } catch { s.writeHead(404); s.end(); return; }
	const head = { 'content-type': q.get('type') || types[name.split('.').pop()] || 'application/octet-stream', etag: '"one"', 'accept-ranges': 'bytes' };
	for (const [k, v] of q) if (k.startsWith('h-')) head[k.slice(2)] = v;
	let status = Number(q.get('status') || 200);
	const range = /^bytes=(\d+)-(\d*)$/.exec(m.headers.range || '');
	if (q.get('ranges') === 'yes' && range) {
		const last = Math.min(range[2] ? Number(range[2]) : Infinity, body.length - 1);
		head['content-range'] = `bytes ${range[1]}-${last}/${body.length}`;
		body = body.subarray(Number(range[1]), last + 1);
		status = 206;
	}
	if (m.headers['if-none-match'] === '"one"') { s.writeHead(304, head); s.end(); return; }
	if (q.get('len') !== 'no' && q.get('loop') !== 'yes') head['content-length'] = body.length;
	s.writeHead(status, head);
	if (m.method === 'HEAD') s.end();
	else feed(s, body, q, q.has('cut') && n === 1);
}

http.createServer(serve).listen(80, address);
http2.createSecureServer({ allowHTTP1: true, cert: fs.readFileSync(chain), key: fs.readFileSync(key), maxSessionMemory: 1000 }, serve).listen(443, address);
