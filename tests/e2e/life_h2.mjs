// SPDX-License-Identifier: BSD-2-Clause
// HTTP/2 peers for the life of connections.
//   life_h2.mjs serve ADDRESS PORT CHAIN KEY LOG: paths as in life_origin.py; /refuse wants HTTP/1.1.
//   life_h2.mjs ask HOST NAME [STEP...]: one connection; steps: get PATH, sleep MS, wait (for all
//   streams), cancel (the last), destroy (the connection), close (it, orderly). Prints what happens.
import fs from 'node:fs';
import http2 from 'node:http2';

const [what, ...args] = process.argv.slice(2);
const sleep = ms => new Promise(done => setTimeout(done, ms));

function serve(address, port, chain, key, log) {
	const say = text => fs.appendFileSync(log, text + '\n');
	const server = http2.createSecureServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key) });
	server.on('sessionError', () => {});
	server.on('stream', (s, head) => {
		const path = head[':path'], began = Date.now(), ok = { ':status': 200, 'content-type': 'text/plain' };
		let timer;
		say(`${path} began`);
		s.on('error', () => {});
		s.on('close', () => { clearInterval(timer); say(`${path} closed ${s.rstCode} ${Date.now() - began}`); });
		if (path === '/stall') {
			s.respond(ok);
			s.write('x'.repeat(1000));
		} else if (path === '/late') {
			setTimeout(() => { if (!s.destroyed) { s.respond(ok); s.end('late but here'); } }, 2000);
		} else if (path === '/cut') {
			s.respond(ok);
			s.write('x'.repeat(1000));
			setTimeout(() => s.session?.destroy(), 300);
		} else if (path === '/refuse') {
			s.close(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED);
		} else if (path === '/events') {
			s.respond({ ':status': 200, 'content-type': 'text/event-stream' });
			timer = setInterval(() => s.write('data: tick\n\n'), 200);
		} else if (path !== '/silent') {
			s.respond(ok);
			s.end('here');
		}
	});
	server.listen(+port, address);
}

async function ask(host, name, ...steps) {
	const began = Date.now(), say = text => console.log(text);
	const session = http2.connect(`https://${host}`, { servername: name });
	const open = new Set();
	let last;
	session.on('error', e => say(`error ${e.code}`));
	session.on('goaway', (code, id) => say(`goaway ${code} ${id === 2147483647 ? 'notice' : id}`));
	session.on('close', () => say('closed'));
	await new Promise(done => { session.once('connect', done); session.once('error', done); });
	const get = path => {
		const r = last = session.request({ ':path': path, ':authority': name, accept: 'text/event-stream, */*' });
		let n = 0;
		open.add(r);
		r.on('response', h => say(`${path} status ${h[':status']}`));
		r.on('data', d => n += d.length);
		r.on('error', () => {});
		r.on('end', () => { if (!r.rstCode) say(`${path} end ${n > 0 ? 'some' : 'none'}`); });
		r.on('close', () => { open.delete(r); say(`${path} rst ${r.rstCode} ${Date.now() - began}`); });
	};
	for (let i = 0; i < steps.length; i++) {
		if (steps[i] === 'get') get(steps[++i]);
		else if (steps[i] === 'sleep') await sleep(+steps[++i]);
		else if (steps[i] === 'cancel') last.close(http2.constants.NGHTTP2_CANCEL);
		else if (steps[i] === 'destroy') session.destroy();
		else if (steps[i] === 'close') session.close();
		else if (steps[i] === 'wait')
			for (let k = 0; k < 200 && open.size > 0; k++) await sleep(50);
		else if (steps[i] === 'closed')
			for (let k = 0; k < 200 && !session.closed && !session.destroyed; k++) await sleep(50);
	}
	setTimeout(() => process.exit(0), 50);
}

if (what === 'serve') serve(...args);
else await ask(...args);
