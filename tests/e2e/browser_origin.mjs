// SPDX-License-Identifier: BSD-2-Clause
// What browsers ask of one site: browser_origin.mjs FOLDER ADDRESS CHAIN KEY, both versions of HTTP on 443.
//   /: a page that loads 100 pictures, posts 300,000 bytes as a form with a file, listens to three
//      events and talks over a WebSocket; its title says how each went
//   /o/N.svg, POST /upload (its size and digest), /events, /ws (echo); all else from the folder
import crypto from 'node:crypto';
import fs from 'node:fs';
import http2 from 'node:http2';

const [folder, address, chain, key] = process.argv.slice(2);
const page = `<!doctype html><meta charset=utf-8><title>Loading</title><h1>A page of many parts</h1><p id=said></p>
<style>img{width:24px;height:24px;margin:2px}</style>
<div>${Array.from({ length: 100 }, (_, i) => `<img src="/o/${i}.svg" >`).join('')}</div>
<p><a id=evil href="/eicar.com">a download</a></p>
<script>
const sleep = ms => new Promise(done => setTimeout(done, ms));
const bytes = new Uint8Array(300000).map((_, i) => i * 7 % 251);
async function upload() {
  const form = new FormData();
  form.append('note', 'words'); form.append('file', new Blob([bytes]), 'file.bin');
  return (await (await fetch('/upload', { method: 'POST', body: form })).text());
}
const events = () => new Promise(done => {
  const source = new EventSource('/events'), got = [];
  source.onmessage = e => { got.push(e.data); if (got.length === 3) { source.close(); done(got.join('')); } };
  source.onerror = () => { source.close(); done('error'); };
});
const socket = () => new Promise(done => {
  const s = new WebSocket('wss://' + location.host + '/ws'), got = [];
  s.onopen = () => { s.send('one'); s.send('two'.repeat(5000)); };
  s.onmessage = e => { got.push(e.data.length); if (got.length === 2) s.close(1000); };
  s.onclose = e => done(got.join('+') + ' closed ' + e.code);
});
(async () => {
  const [u, e, w] = await Promise.all([upload(), events(), socket()]);
  const all = [...document.images];
  for (let i = 0; !all.every(p => p.complete) && i < 100; i++) await sleep(50);
  const pictures = all.filter(p => p.complete && p.naturalWidth > 0).length, broken = all.length - pictures;
  const ways = new Set(performance.getEntriesByType('resource').filter(r => r.name.includes('/o/')).map(r => r.nextHopProtocol));
  document.getElementById('said').textContent = document.title =
    'pictures ' + pictures + ' broken ' + broken + ' by ' + [...ways].join() + '; upload ' + u + '; events ' + e + '; socket ' + w;
})();
</script>`;

const picture = n => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="hsl(${n * 3},70%,50%)"/></svg>`;

function frame(opcode, payload) {
	const n = payload.length;
	const head = n < 126 ? [n] : n < 65536 ? [126, n >> 8, n & 255] : [127, 0, 0, 0, 0, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255];
	return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload]);
}

// Whole frames, masked, without extensions.
function echo(s) {
	let left = Buffer.alloc(0);
	s.on('error', () => {});
	s.on('data', data => {
		left = Buffer.concat([left, data]);
		while (left.length >= 6) {
			let n = left[1] & 127, at = 2;
			if (n === 126) { n = left.readUInt16BE(2); at = 4; } else if (n === 127) { n = left.readUInt32BE(6); at = 10; }
			if (left.length < at + 4 + n) return;
			const mask = left.subarray(at, at + 4), payload = Buffer.from(left.subarray(at + 4, at + 4 + n)), opcode = left[0] & 15;
			for (let i = 0; i < n; i++) payload[i] ^= mask[i & 3];
			left = left.subarray(at + 4 + n);
			if (opcode === 8) { s.end(frame(8, payload)); return; }
			s.write(frame(opcode, payload));
		}
	});
}

function upload(q, s) {
	const all = [];
	q.on('data', d => all.push(d));
	q.on('end', () => {
		const body = Buffer.concat(all), at = body.indexOf('\r\n\r\n', body.indexOf('file.bin')) + 4;
		const file = body.subarray(at, body.lastIndexOf('\r\n--'));
		s.writeHead(200, { 'content-type': 'text/plain' });
		s.end(`${file.length} ${crypto.createHash('sha256').update(file).digest('hex').slice(0, 8)}`);
	});
}

function events(s) {
	s.writeHead(200, { 'content-type': 'text/event-stream' });
	['a', 'b', 'c'].forEach((what, i) => setTimeout(() => s.write(`data: ${what}\n\n`), 50 * (i + 1)));
}

const server = http2.createSecureServer({ allowHTTP1: true, cert: fs.readFileSync(chain), key: fs.readFileSync(key),
	settings: { enableConnectProtocol: true } });
server.on('sessionError', () => {});
server.on('upgrade', (q, s) => {
	const accept = crypto.createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
	s.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
	echo(s);
});
server.on('connect', () => {}); // else node answers by itself
server.on('stream', (s, head) => {
	if (head[':method'] !== 'CONNECT') return;
	s.respond({ ':status': 200 });
	echo(s);
});
server.on('request', (q, s) => {
	const path = q.url;
	s.on('error', () => {});
	if (path === '/upload') return upload(q, s);
	if (path === '/events') return events(s);
	if (path === '/') { s.writeHead(200, { 'content-type': 'text/html' }); return s.end(page); }
	if (path.startsWith('/o/')) { s.writeHead(200, { 'content-type': 'image/svg+xml' }); return s.end(picture(+path.slice(3, -4))); }
	fs.readFile(folder + path, (e, data) => {
		s.writeHead(e ? 404 : 200, { 'content-type': 'application/octet-stream' });
		s.end(data ?? '');
	});
});
server.listen(443, address);
