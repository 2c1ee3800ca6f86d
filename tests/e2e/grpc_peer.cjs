// SPDX-License-Identifier: BSD-2-Clause
// gRPC peers by @grpc/grpc-js, without protoc: messages are plain bytes.
//   grpc_peer.cjs serve LOG EICAR ADDRESS PORT,... CHAIN KEY
//   grpc_peer.cjs call HOST:PORT NAME CA EICAR STEP...   one connection; prints what each step saw
// Methods: /t/Unary and /t/Gather (client streaming) answer with what came; /t/Echo (bidirectional)
// sends each message back; /t/Count (server streaming) sends that many; /t/Eicar sends "before", that
// file, "after"; /t/Fail answers with a status; /t/Early ends at the first message; /t/Sleep waits.
'use strict';
const fs = require('fs');
const [what, ...args] = process.argv.slice(2);
const grpc = require(`${process.env.GRPC_JS}/node_modules/@grpc/grpc-js`);
const plain = { requestSerialize: x => x, requestDeserialize: x => x, responseSerialize: x => x, responseDeserialize: x => x };
const method = (name, up, down) => ({ path: `/t/${name}`, requestStream: up, responseStream: down, ...plain });
const service = {
	Unary: method('Unary', false, false), Gather: method('Gather', true, false), Count: method('Count', false, true),
	Echo: method('Echo', true, true), Eicar: method('Eicar', false, true), Fail: method('Fail', false, false),
	Early: method('Early', true, true), Sleep: method('Sleep', false, false),
};
const options = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

function serve(log, eicar, address, ports, chain, key) {
	const say = text => fs.appendFileSync(log, text + '\n');
	const file = fs.readFileSync(eicar);
	const server = new grpc.Server(options);
	const metadata = new grpc.Metadata();
	metadata.set('x-late', 'trailer');
	server.addService(service, {
		Unary(call, done) {
			const head = new grpc.Metadata();
			head.set('x-early', 'metadata');
			call.sendMetadata(head);
			say(`unary ${call.request.length} ${call.metadata.get('x-asked')}`);
			done(null, call.request, metadata);
		},
		Gather(call, done) {
			const all = [];
			call.on('data', m => { say(`gather got ${m.length}`); all.push(m); });
			call.on('cancelled', () => say('gather cancelled'));
			call.on('error', () => {});
			call.on('end', () => done(null, Buffer.concat(all)));
		},
		Count(call) {
			for (let i = 0; i < +call.request; i++) call.write(Buffer.from(`message ${i}`));
			call.end(metadata);
		},
		Echo(call) {
			call.on('data', m => call.write(m));
			call.on('end', () => call.end(metadata));
			call.on('cancelled', () => say('echo cancelled'));
			call.on('error', () => {});
		},
		Eicar(call) {
			call.write(Buffer.from('before'));
			setTimeout(() => { call.write(file); call.write(Buffer.from('after')); call.end(); }, +call.request || 0);
			call.on('cancelled', () => say('eicar cancelled'));
		},
		Fail(call, done) { done({ code: grpc.status.NOT_FOUND, details: 'not here, ä', metadata }); },
		Early(call) { call.once('data', () => call.emit('error', { code: grpc.status.ABORTED, details: 'enough' })); },
		Sleep(call) { call.on('cancelled', () => say('sleep cancelled')); },
	});
	const credentials = grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(chain), private_key: fs.readFileSync(key) }]);
	for (const port of ports.split(',')) server.bindAsync(`${address}:${port}`, credentials, e => { if (e) throw e; });
}

const told = e => `${e.code} ${e.details.replace(/incident .*/, "incident")}`;
const short = m => (m.length > 30 ? `${m.length}` : m.toString());

function unary(client, name, data, opts = {}) {
	return new Promise(done => {
		let words = '';
		const meta = new grpc.Metadata();
		meta.set('x-asked', 'question');
		const call = client[name](data, meta, opts, (e, m) => { words = e ? told(e) : short(m); });
		let early = '';
		call.on('metadata', m => early = m.get('x-early').join());
		call.on('status', s => setImmediate(() => done(`${words} [${early}] [${s.metadata.get('x-late').join()}]`)));
	});
}

// Messages one after the other; the next is sent when the answer is there. Ends with the status.
function chat(client, messages, times) {
	return new Promise(done => {
		const call = client.Echo(), got = [];
		let i = 0, began = 0n;
		const next = () => { began = process.hrtime.bigint(); i < messages.length ? call.write(messages[i++]) : call.end(); };
		call.on('data', m => {
			if (times) times.push(Number(process.hrtime.bigint() - began) / 1e6);
			got.push(short(m));
			next();
		});
		call.on('error', () => {});
		call.on('status', s => done({ got, words: `${told(s)}` }));
		next();
	});
}

function listen(call) {
	return new Promise(done => {
		const got = [];
		call.on('data', m => got.push(short(m)));
		call.on('error', () => {});
		call.on('status', s => done(`${got.join(',')} ${told(s)}`));
	});
}

const median = a => a.sort((x, y) => x - y)[a.length >> 1];

async function pings(client, n) {
	const times = [];
	const r = await chat(client, Array.from({ length: n }, (_, i) => Buffer.from(`ping ${i} `.padEnd(100, 'x'))), times);
	return { ...r, median: median(times) };
}

async function call(target, name, ca, eicar, ...steps) {
	const Client = grpc.makeGenericClientConstructor(service, 't');
	const client = new Client(target, grpc.credentials.createSsl(fs.readFileSync(ca)), { ...options, 'grpc.ssl_target_name_override': name });
	const file = fs.readFileSync(eicar);
	const squeezed = new Client(target, grpc.credentials.createSsl(fs.readFileSync(ca)),
		{ ...options, 'grpc.ssl_target_name_override': name, 'grpc.default_compression_algorithm': 2 });
	const does = {
		unary: () => unary(client, 'Unary', Buffer.from('hello')),
		compressed: () => unary(squeezed, 'Unary', Buffer.alloc(5000, 'abc')),
		'compressed-eicar': () => unary(squeezed, 'Unary', file),
		large: () => unary(client, 'Unary', Buffer.alloc(3 << 20, 'large ')),
		fail: () => unary(client, 'Fail', Buffer.from('x')),
		deadline: () => unary(client, 'Sleep', Buffer.from('x'), { deadline: Date.now() + 700 }),
		count: () => listen(client.Count(Buffer.from('5'))),
		gather: () => new Promise(done => {
			const c = client.Gather((e, m) => done(e ? told(e) : short(m)));
			for (const m of ['a', 'b', 'c']) c.write(Buffer.from(m));
			c.end();
		}),
		early: () => { const c = client.Early(); c.write(Buffer.from('x')); return listen(c); },
		cancel: () => { const c = client.Echo(); setTimeout(() => c.cancel(), 300); c.write(Buffer.from('x')); return listen(c); },
		'eicar-up': () => unary(client, 'Unary', file),
		'eicar-down': () => listen(client.Eicar(Buffer.from('100'))),
		'eicar-split': () => new Promise(done => {
			const c = client.Gather((e, m) => done(e ? told(e) : short(m)));
			c.write(file.subarray(0, 30));
			setTimeout(() => { c.write(file.subarray(30)); c.end(); }, 300);
		}),
		// One stream is blocked, another of the connection goes on.
		beside: async () => {
			const c = client.Echo(), got = [], status = listen(c);
			c.on('data', m => got.push(short(m)));
			c.write(Buffer.from('one'));
			const bad = await chat(client, [Buffer.from('fine'), file]);
			c.write(Buffer.from('two'));
			await new Promise(r => setTimeout(r, 200));
			c.end();
			return `${bad.got} ${bad.words}; ${await status}`;
		},
		pings: async () => { const r = await pings(client, 1000); return `${r.got.length} ${r.words} median ${r.median.toFixed(3)}`; },
	};
	for (const step of steps) console.log(`${step}: ${await does[step]()}`);
	client.close();
	squeezed.close();
	setTimeout(() => process.exit(0), 300);
}

({ serve, call })[what](...args);
