// SPDX-License-Identifier: BSD-2-Clause
// The origin of framings.mjs: origin.mjs FILES ARRIVED CHAIN KEY ADDRESS...: HTTP/1.1 on port 80, both versions on 443.
//   GET /down/FRAMING/FILE/TRANSFER: that file in that framing; /range/FILE: honours Range; /piece/FILE: 206 unasked
//   /up/ID: what arrives is kept as ARRIVED/ID, with .part where it did not end; /ws/down/HOW/FILE, /ws/up/ID: WebSocket
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { bodies } from './bodies.mjs';
import { h1Body, wsAccept, wsFrame, wsMessages, wsRead } from './wire.mjs';

const [files, arrived, chain, key, ...addresses] = process.argv.slice(2);
const load = name => fs.readFileSync(`${files}/${name}`);
const lines = head => Object.entries(head).map(([k, v]) => `${k}: ${v}\r\n`).join('');

function reply(q, s, status, head, body, transfer, trailers) {
	if (s.stream?.destroyed) return;
	if (s.stream) {
		const sizes = { 'chunks-1': [1], 'chunks-odd': [7, 1, 13, 64] }[transfer] ?? [1 << 14];
		s.stream.respond({ ':status': status, ...head }, { waitForTrailers: !!trailers });
		s.stream.removeAllListeners('wantTrailers').on('wantTrailers', () => s.stream.sendTrailers(trailers ?? {}));
		for (let at = 0, i = 0; at < body.length; at += sizes[i++ % sizes.length]) s.stream.write(body.subarray(at, at + sizes[i % sizes.length]));
		s.stream.end();
		return;
	}
	const [framing, bytes] = h1Body(body, transfer, trailers);
	q.socket.write(`HTTP/1.1 ${status} OK\r\nConnection: close\r\n${lines(head)}${framing}`);
	q.socket.end(bytes);
}

function down(q, s, [framing, name, transfer]) {
	const f = load(name), grpc = framing.startsWith('grpc') && !framing.includes('web');
	if (framing === 'trailer') return reply(q, s, 200, { 'content-type': 'text/plain' }, Buffer.from('a clean text'), 'trailers', { 'x-file': f.toString('base64') });
	const { head, body } = bodies[framing].make(f);
	reply(q, s, 200, head, body, transfer, grpc ? { 'grpc-status': '0' } : undefined);
}

function range(q, s, [name], always) {
	const f = load(name), m = /^bytes=(\d+)-(\d*)$/.exec(q.headers.range ?? (always ? `bytes=0-${f.length - 10}` : ''));
	if (!m) return reply(q, s, 200, { 'content-type': 'application/octet-stream', etag: '"a"', 'accept-ranges': 'bytes' }, f, 'length');
	const from = Number(m[1]), to = m[2] ? Number(m[2]) : f.length - 1;
	reply(q, s, 206, { 'content-type': 'application/octet-stream', etag: '"a"', 'content-range': `bytes ${from}-${to}/${f.length}` }, f.subarray(from, to + 1), 'length');
}

function up(q, s, [id]) {
	const got = [];
	let ended = false;
	q.on('data', d => got.push(d)).on('error', () => {}).on('end', () => {
		ended = true;
		fs.writeFileSync(`${arrived}/${id}`, Buffer.concat([...got, Buffer.from(lines(q.trailers ?? {}))]));
		const type = q.headers['content-type'] ?? '', end = Buffer.from('\x80\0\0\0\x0fgrpc-status: 0\r\n', 'latin1');
		end[4] = end.length - 5;
		if (type === 'application/grpc') reply(q, s, 200, { 'content-type': type }, Buffer.alloc(0), 'length', { 'grpc-status': '0' });
		else if (type.startsWith('application/grpc')) reply(q, s, 200, { 'content-type': type }, type.includes('text') ? Buffer.from(end.toString('base64')) : end, 'length');
		else reply(q, s, 200, { 'content-type': 'text/plain' }, Buffer.from('stored'), 'length');
	}).on('close', () => { if (!ended) fs.writeFileSync(`${arrived}/${id}.part`, Buffer.concat(got)); });
}

function serve(q, s) {
	const [, kind, ...rest] = q.url.split('/');
	s.on('error', () => {});
	if (s.stream?.destroyed) return;
	if (kind === 'down') down(q, s, rest);
	else if (kind === 'range' || kind === 'piece') range(q, s, rest, kind === 'piece');
	else up(q, s, rest);
}

function upgrade(q, socket) {
	const [, , kind, ...rest] = q.url.split('/'), deflate = /permessage-deflate/.test(q.headers['sec-websocket-extensions'] ?? '');
	const got = [];
	socket.on('error', () => {}).on('data', d => {
		got.push(d);
		const { body, closed } = wsRead(Buffer.concat(got));
		if (kind === 'up') fs.writeFileSync(`${arrived}/${rest[0]}${closed ? '' : '.part'}`, body);
		if (closed) socket.end(wsFrame(Buffer.from([3, 232]), { op: 8 }));
	});
	socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
		`Sec-WebSocket-Accept: ${wsAccept(q.headers['sec-websocket-key'])}\r\n` +
		(deflate ? 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n' : '') + '\r\n');
	if (kind !== 'down') return;
	for (const m of wsMessages(rest[0], load(rest[1]), false, deflate)) socket.write(m);
	socket.write(wsFrame(Buffer.from([3, 232]), { op: 8 }));
}

process.on('uncaughtException', e => console.log(e)); // one odd request must not end the others'
for (const address of addresses) {
	http.createServer({ maxHeaderSize: 65536 }, serve).on('upgrade', upgrade).listen(80, address);
	http2.createSecureServer({ allowHTTP1: true, maxHeaderSize: 65536, cert: fs.readFileSync(chain), key: fs.readFileSync(key) }, serve).on('upgrade', upgrade).listen(443, address);
}
