// SPDX-License-Identifier: BSD-2-Clause
// How framings.mjs puts bytes on the wire and takes them off: HTTP/1.1 by hand, HTTP/2, WebSocket.
// Every answer says what arrived, also where it ended early.
import crypto from 'node:crypto';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import zlib from 'node:zlib';

const TIME = 20000;

// ---- HTTP/1.1 ----

// transfer: 'length', 'chunks' (one), 'chunks-1', 'chunks-odd' (sizes, extensions), 'trailers', 'close'.
export function h1Body(body, transfer, trailers = {}) {
	if (transfer === 'length') return [`Content-Length: ${body.length}\r\n\r\n`, body];
	if (transfer === 'close') return ['\r\n', body];
	const out = [], sizes = { chunks: [body.length], 'chunks-1': [1], 'chunks-odd': [7, 1, 13, 64], trailers: [100] }[transfer];
	for (let at = 0, i = 0; at < body.length; i++) {
		const part = body.subarray(at, at + sizes[i % sizes.length]);
		out.push(Buffer.from((i % 2 ? '000' : '') + part.length.toString(16) + (transfer === 'chunks-odd' && i % 3 === 0 ? ';ext="a;b"' : '') + '\r\n'), part, Buffer.from('\r\n'));
		at += part.length;
	}
	const fields = Object.entries(trailers).map(([k, v]) => `${k}: ${v}\r\n`).join('');
	return [`Transfer-Encoding: chunked\r\n${fields ? `Trailer: ${Object.keys(trailers).join()}\r\n` : ''}\r\n`,
		Buffer.concat([...out, Buffer.from(`0\r\n${fields}\r\n`)])];
}

const lines = head => Object.entries(head).map(([k, v]) => `${k}: ${v}\r\n`).join('');

function unchunk(raw) {
	const out = [];
	for (let at = 0; ;) {
		const end = raw.indexOf('\r\n', at);
		if (end < 0) return { body: Buffer.concat(out), whole: false };
		const n = parseInt(raw.subarray(at, end).toString('latin1'), 16);
		if (n === 0) return { body: Buffer.concat(out), trailers: raw.subarray(end).toString('latin1'), whole: raw.subarray(-4).equals(Buffer.from('\r\n\r\n')) };
		out.push(raw.subarray(end + 2, end + 2 + n));
		if (end + 4 + n > raw.length) return { body: Buffer.concat(out), whole: false };
		at = end + 4 + n;
	}
}

function answer(raw) {
	const end = raw.indexOf('\r\n\r\n');
	if (end < 0) return { status: 0, body: raw, whole: false, trailers: '' };
	const head = raw.subarray(0, end).toString('latin1'), rest = raw.subarray(end + 4);
	const status = Number(head.slice(9, 12)), length = /\r\ncontent-length: (\d+)/i.exec(head);
	if (status === 100) return answer(rest);
	if (/\r\ntransfer-encoding: chunked/i.test(head)) return { status, head, trailers: '', ...unchunk(rest) };
	return { status, head, body: rest, trailers: '', whole: !length || rest.length === Number(length[1]) };
}

export function connect(way) {
	const to = { host: way.host, port: way.tls ? 443 : 80 };
	return way.tls ? tls.connect({ ...to, servername: way.host, ca: way.ca, ALPNProtocols: ['http/1.1'] }) : net.connect(to);
}

export function h1(way, { method, path, head, body, transfer = 'length', trailers }) {
	return new Promise(done => {
		const s = connect(way), got = [], [framing, bytes] = body ? h1Body(body, transfer, trailers) : ['\r\n', ''];
		const finish = () => { s.destroy(); done(answer(Buffer.concat(got))); };
		s.setTimeout(TIME, finish);
		s.on('data', d => got.push(d)).on('error', finish).on('end', finish).on('close', finish);
		s.write(`${method} ${path} HTTP/1.1\r\nHost: ${way.host}\r\nConnection: close\r\n${lines(head)}${framing}`);
		s.write(bytes);
	});
}

// ---- HTTP/2: one connection for each host ----

const sessions = new Map();

function session(way) {
	let s = sessions.get(way.host);
	if (s === undefined || s.closed || s.destroyed) {
		s = http2.connect(`https://${way.host}`, { ca: way.ca });
		s.on('error', () => {});
		sessions.set(way.host, s);
	}
	return s;
}

export function h2Close() {
	for (const s of sessions.values()) s.destroy();
}

export function h2(way, { method, path, head, body, trailers, sizes = [1 << 14] }) {
	return new Promise(done => {
		const fields = Object.fromEntries(Object.entries(head).map(([k, v]) => [k.toLowerCase(), v]));
		const s = session(way).request({ ':method': method, ':path': path, ...fields }, { endStream: !body, waitForTrailers: !!trailers });
		const got = [], r = { status: 0, head: '', trailers: '', whole: false };
		let over = false;
		const finish = () => { if (!over) { over = true; done({ ...r, body: Buffer.concat(got) }); } };
		s.setTimeout(TIME, () => s.close(8));
		s.on('response', h => { r.status = h[':status']; r.head = lines(h); }).on('data', d => got.push(d));
		s.on('trailers', t => { r.trailers = lines(t); }).on('end', () => { r.whole = s.rstCode === 0; });
		s.on('error', () => { r.whole = false; }).on('close', () => { r.whole &&= s.rstCode === 0; finish(); });
		if (trailers) s.on('wantTrailers', () => s.sendTrailers(trailers));
		for (let at = 0, i = 0; body && at < body.length; i++) {
			s.write(body.subarray(at, at + sizes[i % sizes.length]));
			at += sizes[i % sizes.length];
		}
		if (body) s.end();
	});
}

// ---- WebSocket (RFC 6455), with permessage-deflate without context (RFC 7692) ----

export function wsFrame(payload, { op = 2, fin = true, rsv1 = false, mask = false }) {
	const n = payload.length, head = Buffer.alloc(n < 126 ? 2 : n < 65536 ? 4 : 10);
	head[0] = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | op;
	head[1] = (mask ? 0x80 : 0) | (n < 126 ? n : n < 65536 ? 126 : 127);
	if (n >= 126 && n < 65536) head.writeUInt16BE(n, 2);
	if (n >= 65536) head.writeBigUInt64BE(BigInt(n), 2);
	if (!mask) return Buffer.concat([head, payload]);
	const key = crypto.randomBytes(4);
	return Buffer.concat([head, key, Buffer.from(payload.map((c, i) => c ^ key[i % 4]))]);
}

// The messages of a file in one of the ways: each a list of frames.
export function wsMessages(how, f, mask, deflate) {
	const half = f.length >> 1;
	switch (how) {
	case 'ws-text-base64': return [wsFrame(Buffer.from(f.toString('base64')), { op: 1, mask })];
	case 'ws-json': return [wsFrame(Buffer.from(`{"data":"${f.toString('base64')}"}`), { op: 1, mask })];
	case 'ws-fragments': return [wsFrame(f.subarray(0, half), { fin: false, mask }), wsFrame(f.subarray(half), { op: 0, mask })];
	case 'ws-split': return [wsFrame(f.subarray(0, half), { mask }), wsFrame(f.subarray(half), { mask })];
	case 'ws-deflate': {
		const z = deflate ? zlib.deflateRawSync(f, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4) : f;
		return [wsFrame(z, { rsv1: deflate, mask })];
	}
	default: return [wsFrame(Buffer.from('hello'), { op: 1, mask }), wsFrame(f, { mask })];
	}
}
export const wsWays = ['ws-binary', 'ws-text-base64', 'ws-json', 'ws-fragments', 'ws-split', 'ws-deflate'];

// What data frames carried, as text or bytes in a row; closed: a close frame came.
export function wsRead(raw) {
	const out = [];
	let closed = 0, at = 0, packed = false;
	while (at + 2 <= raw.length) {
		const op = raw[at] & 15, mask = raw[at + 1] & 0x80;
		let n = raw[at + 1] & 127, head = 2;
		if (n === 126) { n = raw.readUInt16BE(at + 2); head = 4; } else if (n === 127) { n = Number(raw.readBigUInt64BE(at + 2)); head = 10; }
		const key = raw.subarray(at + head, at + head + 4), from = at + head + (mask ? 4 : 0);
		const part = Buffer.from(raw.subarray(from, from + n).map((c, i) => (mask ? c ^ key[i % 4] : c)));
		if (op !== 0) packed = (raw[at] & 0x40) !== 0;
		if (op === 8) closed = part.length >= 2 ? part.readUInt16BE(0) : 1005;
		else if (op < 3) out.push(packed ? inflate(part) : part);
		at = from + n;
	}
	return { body: Buffer.concat(out), closed };
}

function inflate(part) {
	try {
		return zlib.inflateRawSync(Buffer.concat([part, Buffer.from([0, 0, 255, 255])]), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
	} catch { return part; }
}

export const wsAccept = key => crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

// Open one; send(socket, deflate) when open. Ends when the other side closes.
export function ws(way, path, deflate, send) {
	return new Promise(done => {
		const s = connect(way), got = [];
		let open = -1;
		const finish = () => { s.destroy(); done(open < 0 ? { status: 0, body: Buffer.alloc(0), closed: 0 } : { status: 101, ...wsRead(Buffer.concat(got).subarray(open)) }); };
		s.setTimeout(TIME, finish);
		s.on('error', finish).on('end', finish).on('close', finish).on('data', d => {
			got.push(d);
			const all = Buffer.concat(got), end = all.indexOf('\r\n\r\n');
			if (open < 0 && end >= 0) {
				open = end + 4;
				send(s, /\r\nsec-websocket-extensions:.*permessage-deflate/i.test(all.subarray(0, end).toString('latin1')));
			}
			if (open >= 0 && wsRead(all.subarray(open)).closed) finish();
		});
		s.write(`GET ${path} HTTP/1.1\r\nHost: ${way.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
			`Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n` +
			(deflate ? 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n' : '') + '\r\n');
	});
}
