// SPDX-License-Identifier: BSD-2-Clause
// Every framing that carries a file, up and down: framings.mjs FILES ARRIVED CA [--all]. FILES has infected files
// (bad-*) and clean ones (good-*). Says what leaked (LEAK), which clean ones did not arrive as sent (BLOCKED), which
// arrived though they cannot be searched (PASSED), and at the end how many there were. --all: each with each, by each way.
import fs from 'node:fs';
import { bodies } from './bodies.mjs';
import { h1, h2, h2Close, ws, wsFrame, wsMessages, wsRead, wsWays } from './wire.mjs';

const [files, arrived, caFile, all] = process.argv.slice(2), ca = fs.readFileSync(caFile);
const names = fs.readdirSync(files).sort(), load = name => fs.readFileSync(`${files}/${name}`);
const bad = names.filter(n => n.startsWith('bad-')), good = names.filter(n => n.startsWith('good-'));
const size = Object.fromEntries(names.map(n => [n, fs.statSync(`${files}/${n}`).size]));
const SMALL = 8192; // of what messages before it are searched again with the next

const way = (word, tls, two, host) => ({ word, tls, two, host, ca });
const ways = [way('http', false, false, 'raw.origin.test'), way('https over IPv6', true, false, 'raw6.origin.test'), way('h2', true, true, 'raw.origin.test'),
	way('http over IPv6', false, false, 'raw6.origin.test'), way('https', true, false, 'raw.origin.test'), way('h2 over IPv6', true, true, 'raw6.origin.test')];
const ask = (w, q) => (w.two ? h2 : h1)(w, q);
const GET = { method: 'GET', head: { 'Accept-Encoding': 'gzip, deflate, br, zstd' } };
const none = Buffer.alloc(0);

let ids = 0;
const id = () => `u${++ids}`;
const kept = x => [x, `${x}.part`].map(n => `${arrived}/${n}`).filter(n => fs.existsSync(n)).map(n => fs.readFileSync(n))[0] ?? none;

// ---- rows: { name, run(way, file name, bytes): { got, exact, core } } ----

function downRow(name, row, transfer) {
	return { name: `${name} down ${transfer}`, ...row, async run(w, file, f) {
		const { body, core } = row.make(f);
		const r = await ask(w, { ...GET, path: `/down/${name}/${file}/${transfer}`, head: { ...GET.head, ...(row.h2 ? { te: 'trailers', 'content-type': 'application/grpc' } : {}) } });
		return { got: r.body, exact: r.status === 200 && r.whole && r.body.equals(body), core };
	} };
}

function upRow(name, row, transfer) {
	return { name: `${name} up ${transfer}`, ...row, clean: row.up ?? row.clean, async run(w, file, f) {
		const { head, body, core } = row.make(f), to = id();
		const r = await ask(w, { method: 'POST', path: `/up/${to}`, head: { ...head, ...(row.h2 ? { te: 'trailers' } : {}) }, body, transfer });
		return { r, later: () => ({ got: kept(to), exact: r.status === 200 && kept(to).equals(body), core }) };
	} };
}

function wsRow(how, up) {
	return { name: `${how} ${up ? 'up' : 'down'}`, h1: true, small: how === 'ws-split', async run(w, file, f) {
		const to = id(), deflate = how === 'ws-deflate', want = wsRead(Buffer.concat(wsMessages(how, f, false, false))).body;
		const r = await ws(w, up ? `/ws/up/${to}` : `/ws/down/${how}/${file}`, deflate, (s, packed) => {
			for (const m of up ? wsMessages(how, f, true, packed) : []) s.write(m);
			if (up) s.write(wsFrame(Buffer.from([3, 232]), { op: 8, mask: true }));
		});
		const core = want.subarray(0, want.length - 8);
		return up ? { later: () => ({ got: kept(to), exact: r.closed === 1000 && kept(to).equals(want), core }) } : { got: r.body, exact: r.closed === 1000 && r.body.equals(want), core };
	} };
}

const ranges = {
	'range-two': async (w, path, n) => {
		const parts = [];
		for (const range of [`bytes=0-${(n >> 1) - 1}`, `bytes=${n >> 1}-`]) parts.push(await ask(w, { ...GET, path, head: { Range: range } }));
		return parts;
	},
	'range-resume': async (w, path, n) => [await ask(w, { ...GET, path }), await ask(w, { ...GET, path, head: { Range: `bytes=${n >> 1}-`, 'If-Range': '"a"' } })],
	'range-last': async (w, path, n) => [await ask(w, { ...GET, path, head: { Range: `bytes=-${n - 1}` } })],
	'range-several': async (w, path) => [await ask(w, { ...GET, path, head: { Range: 'bytes=0-9,10-' } })],
};

const special = [
	...Object.entries(ranges).map(([name, parts]) => ({ name, async run(w, file, f) {
		const got = await parts(w, `/range/${file}`, f.length), joined = Buffer.concat(got.map(r => (r.status === 206 || r.status === 200 ? r.body : none)));
		return { got: joined, exact: got.every(r => r.status === 206 || r.status === 200) && joined.includes(name === 'range-last' ? f.subarray(1) : name === 'range-several' ? f.subarray(10) : f), core: f.subarray(10) };
	} })),
	{ name: 'range-unasked', clean: 'refuse', async run(w, file, f) {
		const r = await ask(w, { ...GET, path: `/piece/${file}` });
		return { got: r.body, exact: r.status < 300, core: f.subarray(0, -10) };
	} },
	{ name: 'content-range-two', clean: 'refuse', async run(w, file, f) {
		const half = f.length >> 1, to = [id(), id()], parts = [[0, half], [half, f.length]];
		for (const [i, [from, end]] of parts.entries())
			await ask(w, { method: 'PUT', path: `/up/${to[i]}`, head: { 'Content-Range': `bytes ${from}-${end - 1}/${f.length}` }, body: f.subarray(from, end) });
		return { later: () => { const got = Buffer.concat(to.map(kept)); return { got, exact: got.equals(f), core: f }; } };
	} },
	{ name: 'content-range-whole', async run(w, file, f) {
		const to = id(), r = await ask(w, { method: 'PUT', path: `/up/${to}`, head: { 'Content-Range': `bytes 0-${f.length - 1}/${f.length}` }, body: f });
		return { later: () => ({ got: kept(to), exact: r.status === 200 && kept(to).equals(f), core: f }) };
	} },
];

function trailerRow(up) {
	return { name: `trailer ${up ? 'up' : 'down'}`, small: true, async run(w, file, f) {
		const to = id(), text = Buffer.from(f.toString('base64')), plain = Buffer.from('a clean text');
		const r = await ask(w, up ? { method: 'POST', path: `/up/${to}`, head: { 'Content-Type': 'text/plain' }, body: plain, transfer: 'trailers', trailers: { 'x-file': text.toString() } } :
			{ ...GET, path: `/down/trailer/${file}/trailers`, head: { TE: 'trailers' } });
		if (up) return { later: () => ({ got: kept(to), exact: r.status === 200 && kept(to).includes(plain), core: text }) };
		return { got: Buffer.from(r.trailers), exact: r.status === 200 && r.body.equals(plain), core: text };
	} };
}

const rows = [...special, trailerRow(true), trailerRow(false), ...wsWays.flatMap(how => [wsRow(how, true), wsRow(how, false)])];
for (const [name, row] of Object.entries(bodies)) {
	const r = { ...row, small: name.endsWith('-split') };
	if (r.way !== 'up') rows.push(downRow(name, r, 'length'));
	if (r.way !== 'down') rows.push(upRow(name, r, 'length'));
}
for (const name of ['plain', 'gzip', 'br', 'form-second', 'json-base64', 'mail'])
	for (const transfer of ['chunks', 'chunks-odd', 'chunks-1', 'trailers', 'close']) {
		const r = { ...bodies[name], small: transfer === 'chunks-1' };
		rows.push(downRow(name, r, transfer));
		if (transfer !== 'close') rows.push(upRow(name, r, transfer));
	}

// ---- which file goes in which row, by which way ----

const main = ['bad-eicar.com', 'bad-clam.exe'], twins = ['good-eicar.com', 'good-clam.exe'];
const others = bad.filter(n => !main.includes(n)), more = good.filter(n => !twins.includes(n));

function* cases() {
	let k = 0, o = 0;
	for (const [i, row] of rows.entries()) {
		const fit = ways.filter(w => (row.h2 ? w.two : row.h1 ? !w.two : true));
		const room = n => (!row.small || size[n] <= SMALL) && (row.archive !== false || n !== 'good-zip');
		const every = all || row.name.startsWith('plain') && row.name.endsWith('length');
		const list = every ? names.filter(room) : [...main, ...twins, ...[others[o++ % others.length], more[o % more.length]].filter(n => room(n) && size[n] < 100000)];
		for (const file of list)
			for (const w of all ? fit : [fit[(i + k++) % fit.length]]) yield { row, file, w };
	}
}

const counts = { infected: 0, clean: 0, leaks: 0, blocked: 0, passed: 0 };
const pending = [];

async function one({ row, file, w }) {
	const f = load(file), r = await row.run(w, file, f);
	pending.push({ row, file, w, f, look: r.later ?? (() => r) });
}

function judge({ row, file, w, f, look }) {
	const { got, exact, core } = look(), say = word => console.log(`${word} ${file} in ${row.name} by ${w.word}`);
	if (file.startsWith('bad-')) {
		counts.infected++;
		if (exact || (core && core.length > 16 && got.includes(core)) || got.includes(f)) { counts.leaks++; say('LEAK'); }
	} else {
		counts.clean++;
		if (row.clean === 'refuse' && exact) { counts.passed++; say('PASSED'); }
		if (row.clean !== 'refuse' && !exact) { counts.blocked++; say('BLOCKED'); }
	}
}

const todo = [...cases()];
let next = 0;
await Promise.all(Array.from({ length: 12 }, async () => { while (next < todo.length) await one(todo[next++]); }));
await new Promise(done => setTimeout(done, 500));
h2Close();
pending.forEach(judge);
console.log(`framings: ${rows.length}, infected objects sent: ${counts.infected}, leaks: ${counts.leaks}; clean: ${counts.clean}, blocked: ${counts.blocked}; ` +
	`not searchable but passed: ${counts.passed}`);
process.exit(0);
