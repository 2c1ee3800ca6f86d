// SPDX-License-Identifier: BSD-2-Clause
// HTTP/2 peers for what one leg says of the other, and WebSockets over it (RFC 8441).
//   h2_peers.mjs serve LOG EICAR ADDRESS PORT CHAIN KEY [STREAMS]: /ws is a WebSocket (text "eicar"
//   is answered with that file, all else with itself; `deflate` where it is offered), /reset/CODE resets, /goaway says that
//   it is the last, /gone/CODE that it was not processed; else the fields that came, as lines.
//   h2_peers.mjs settings HOST: the settings that the client is told, one a line, as they come.
//   h2_peers.mjs get HOST PATH...: statuses and codes, in the order asked.
//   h2_peers.mjs many HOST N PATH: that many requests at once; how many succeed.
//   h2_peers.mjs connect HOST PROTOCOL PATH STEP...: extended CONNECT ("plain": CONNECT); steps are
//   deflate, early, text T, file PATH, pieces PATH, big N, raw BYTES, ping, get, close, end, wait MS,
//   beside PATH (another request on the connection; how it ended is told last).
import fs from 'node:fs';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import crypto from 'node:crypto';

const [what, ...args] = process.argv.slice(2);
const sleep = ms => new Promise(done => setTimeout(done, ms));

function frame(opcode, payload, { mask = false, fin = true, compressed = false } = {}) {
	const n = payload.length, head = [(fin ? 0x80 : 0) | (compressed ? 0x40 : 0) | opcode];
	const bit = mask ? 0x80 : 0;
	if (n < 126) head.push(bit | n);
	else if (n < 65536) head.push(bit | 126, n >> 8, n & 255);
	else head.push(bit | 127, 0, 0, 0, 0, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
	if (!mask) return Buffer.concat([Buffer.from(head), payload]);
	const key = crypto.randomBytes(4), coded = Buffer.from(payload);
	for (let i = 0; i < n; i++) coded[i] ^= key[i & 3];
	return Buffer.concat([Buffer.from(head), key, coded]);
}

const deflate = data => zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
const inflate = data => zlib.inflateRawSync(Buffer.concat([data, Buffer.from([0, 0, 255, 255])]), { finishFlush: zlib.constants.Z_SYNC_FLUSH });

// Calls told(opcode, payload) for each frame that is whole; payloads of messages are decoded.
function reader(told) {
	let left = Buffer.alloc(0);
	return data => {
		left = Buffer.concat([left, data]);
		for (;;) {
			if (left.length < 2) return;
			let n = left[1] & 127, at = 2;
			if (n === 126) { if (left.length < 4) return; n = left.readUInt16BE(2); at = 4; }
			else if (n === 127) { if (left.length < 10) return; n = Number(left.readBigUInt64BE(2)); at = 10; }
			const masked = left[1] & 128, key = left.subarray(at, at + 4);
			if (masked) at += 4;
			if (left.length < at + n) return;
			let payload = Buffer.from(left.subarray(at, at + n));
			if (masked) for (let i = 0; i < n; i++) payload[i] ^= key[i & 3];
			const opcode = left[0] & 15, compressed = left[0] & 0x40;
			left = left.subarray(at + n);
			told(opcode, compressed ? inflate(payload) : payload, compressed);
		}
	};
}
const closed = payload => payload.length < 2 ? 'close' : `close ${payload.readUInt16BE(0)} ${payload.subarray(2)}`;

function socket(s, head, say, eicar) {
	const coded = (head['sec-websocket-extensions'] ?? '').includes('permessage-deflate');
	const answer = { ':status': 200 };
	if (coded) answer['sec-websocket-extensions'] = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover';
	if (head['sec-websocket-protocol']) answer['sec-websocket-protocol'] = head['sec-websocket-protocol'];
	say(`ws offered ${head['sec-websocket-extensions'] ?? 'nothing'}`);
	s.respond(answer);
	const send = (opcode, data) => s.write(frame(opcode, coded ? deflate(data) : data, { compressed: coded }));
	let text = Buffer.alloc(0);
	s.on('data', reader((opcode, payload) => {
		if (opcode === 8) { say(`ws ${closed(payload)}`); s.end(frame(8, payload)); return; }
		if (opcode === 9) { s.write(frame(10, payload)); return; }
		say(`ws message ${payload.length}`);
		if (opcode <= 2 && payload.length > 0)
			send(opcode === 2 ? 2 : 1, payload.toString() === 'eicar' ? eicar : payload);
	}));
}

function serve(log, eicarPath, address, port, chain, key, streams) {
	const say = text => fs.appendFileSync(log, text + '\n'), eicar = fs.readFileSync(eicarPath);
	const server = http2.createSecureServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key),
		settings: { enableConnectProtocol: true, maxConcurrentStreams: +(streams ?? 100) } });
	server.on('sessionError', () => {});
	let open = 0, most = 0;
	server.on('stream', (s, head) => {
		const path = head[':path'] ?? '', code = +path.split('/')[2];
		say(`most ${most = Math.max(most, ++open)}`);
		s.on('close', () => { open--; say(`${path} rst ${s.rstCode}`); });
		s.on('error', () => {});
		if (head[':method'] === 'CONNECT' && head[':protocol'] === 'websocket' && path === '/ws') return socket(s, head, say, eicar);
		if (head[':method'] === 'CONNECT' && path === '/no') { s.respond({ ':status': 404 }); return s.end('no such socket'); }
		if (head[':method'] === 'CONNECT') { s.respond({ ':status': 200 }); s.on('data', d => s.write(d)); return s.on('end', () => s.end()); }
		if (path.startsWith('/reset')) return s.close(code);
		if (path.startsWith('/stall')) { s.respond({ ':status': 200 }); return s.write('x'); }
		if (path === '/goaway') s.session.goaway(0, s.id);
		if (path.startsWith('/gone')) return s.session.goaway(code, s.id - 2);
		if (path === '/slow') return setTimeout(() => { if (!s.destroyed) { s.respond({ ':status': 200 }); s.end('slow'); } }, 100);
		s.respond({ ':status': 200, 'content-type': 'text/plain' });
		s.end(Object.entries(head).map(([k, v]) => `${k}: ${v}\n`).join(''));
	});
	server.listen(+port, address);
}

function connect(host) {
	const session = http2.connect(`https://${host}`, { settings: { initialWindowSize: 4 << 20 } });
	session.on('error', e => console.log(`error ${e.code}`));
	session.on('goaway', (code, id) => console.log(`goaway ${code} ${id}`));
	return session;
}

const settings = s => `streams ${s.maxConcurrentStreams} list ${s.maxHeaderListSize} connect ${s.enableConnectProtocol}`;
async function told(session, want) { // until extended CONNECT is offered, or as often as wanted
	for (let i = 0; i < 100; i++) {
		if (session.destroyed || session.remoteSettings?.enableConnectProtocol === want) return;
		await sleep(20);
	}
}

function get(session, head) {
	return new Promise(done => {
		const r = session.request(head);
		let status = 0, n = 0;
		r.on('response', h => status = h[':status']);
		r.on('data', d => n += d.length);
		r.on('error', () => {});
		r.on('close', () => done(`${status} ${r.rstCode}`));
	});
}

async function speak(host, protocol, path, ...steps) {
	const session = connect(host), got = [];
	let wake = () => {}, ended = false, coded = false, last, beside;
	const next = async () => { while (got.length === 0 && !ended) await new Promise(done => wake = done); return got.shift(); };
	await told(session, true);
	const head = { ':method': 'CONNECT', ':authority': host };
	if (protocol !== 'plain') Object.assign(head, { ':protocol': protocol, ':path': path, ':scheme': 'https' });
	if (protocol === 'websocket') { head['sec-websocket-version'] = '13'; head['sec-websocket-protocol'] = 'chat'; }
	if (steps[0] === 'deflate') { steps.shift(); coded = true; head['sec-websocket-extensions'] = 'x-other, permessage-deflate; client_max_window_bits'; }
	const s = session.request(head, { endStream: false });
	const send = (opcode, data, fin = true) => s.write(frame(opcode, coded && fin ? deflate(data) : data, { mask: true, fin, compressed: coded && fin }));
	s.on('error', e => { if (!/NGHTTP2/.test(e.message)) console.log(`error ${e.message}`); });
	s.on('close', () => { console.log(`rst ${s.rstCode}`); ended = true; wake(); });
	if (steps[0] === 'early') { steps.shift(); send(1, Buffer.from('early')); }
	const answer = await new Promise(done => { s.on('response', done); s.on('close', () => done({})); });
	if (answer[':status'] !== undefined) console.log(`status ${answer[':status']} ${answer['sec-websocket-protocol'] ?? ''}`);
	if (answer[':status'] !== 200) { s.resume(); s.on('end', () => session.destroy()); setTimeout(() => session.destroy(), 1000); return; }
	coded = answer['sec-websocket-extensions'] !== undefined;
	s.on('data', protocol === 'websocket' ? reader((opcode, payload, compressed) => {
		got.push(opcode === 8 ? closed(payload) : opcode === 10 ? 'pong'
			: `${opcode === 1 ? 'text' : 'binary'} ${payload.length}${last && payload.equals(last) ? ' same' : ` ${payload.subarray(0, 20)}`}${compressed ? ' deflated' : ''}`);
		if (opcode === 8) { s.end(frame(8, payload.subarray(0, 2), { mask: true })); ended = true; }
		wake();
	}) : d => { got.push(`bytes ${d}`); wake(); });
	s.on('end', () => { ended = true; wake(); });
	for (let i = 0; i < steps.length; i++) {
		if (steps[i] === 'text') send(1, last = Buffer.from(steps[++i]));
		else if (steps[i] === 'raw') s.write(steps[++i]);
		else if (steps[i] === 'file') send(1, last = fs.readFileSync(steps[++i]));
		else if (steps[i] === 'pieces') {
			const d = fs.readFileSync(steps[++i]);
			for (let at = 0; at < d.length; at += 17) s.write(frame(at ? 0 : 1, d.subarray(at, at + 17), { mask: true, fin: at + 17 >= d.length }));
		} else if (steps[i] === 'big') send(2, last = crypto.randomBytes(+steps[++i]));
		else if (steps[i] === 'ping') s.write(frame(9, Buffer.from('p'), { mask: true }));
		else if (steps[i] === 'get') console.log(await next());
		else if (steps[i] === 'beside') beside = get(session, { ':path': steps[++i], ':authority': host });
		else if (steps[i] === 'wait') await sleep(+steps[++i]);
		else if (steps[i] === 'close') { s.write(frame(8, Buffer.from([3, 232]), { mask: true })); }
		else if (steps[i] === 'end') for (let m; (m = await next()) !== undefined;) console.log(m);
	}
	for (let k = 0; k < 100 && ended && !s.closed; k++) await sleep(20);
	if (beside) console.log(`beside ${await beside}`);
	session.destroy();
}

if (what === 'serve') serve(...args);
else if (what === 'settings') {
	const session = connect(args[0]);
	session.on('remoteSettings', s => console.log(settings(s)));
	await told(session, true);
	session.destroy();
} else if (what === 'get') {
	const session = connect(args[0]);
	for (const path of args.slice(1)) console.log(await get(session, { ':path': path, priority: 'u=1, i' }));
	session.destroy();
} else if (what === 'many') {
	const session = connect(args[0]);
	const all = await Promise.all(Array.from({ length: +args[1] }, () => get(session, { ':path': args[2] })));
	console.log(`${all.filter(a => a === '200 0').length} of ${all.length}`);
	session.destroy();
} else await speak(...args);
