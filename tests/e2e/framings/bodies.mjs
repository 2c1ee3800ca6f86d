// SPDX-License-Identifier: BSD-2-Clause
// Framings: forms in which a file travels in one body. Each row makes a body out of a file's bytes:
// { head: fields, body, core }. core is the part that is as good as the file: who got that got it.
// clean: 'refuse' where also a clean file must not pass. way: only 'up' or 'down'.
import crypto from 'node:crypto';
import zlib from 'node:zlib';

const b64 = f => f.toString('base64');
const b64url = f => f.toString('base64url');
const lines = (s, n, end) => s.match(new RegExp(`.{1,${n}}`, 'g')).join(end);
const percent = (f, all = true) => [...f].map(c => (!all && /[a-z0-9]/i.test(String.fromCharCode(c)) ?
	String.fromCharCode(c) : '%' + c.toString(16).padStart(2, '0'))).join('');
const bin = s => Buffer.from(s, 'latin1');
const hex = f => f.toString('hex');

function quoted(f) {
	let out = '', column = 0;
	for (const c of f) {
		const piece = c > 32 && c < 127 && c !== 61 ? String.fromCharCode(c) : '=' + c.toString(16).toUpperCase().padStart(2, '0');
		if (column + piece.length > 72) { out += '=\r\n'; column = 0; }
		out += piece;
		column += piece.length;
	}
	return out;
}

function uuencode(f, name = 'x.bin') {
	const c = v => String.fromCharCode(v === 0 ? 96 : v + 32);
	let out = `begin 644 ${name}\n`;
	for (let i = 0; i < f.length; i += 45) {
		const part = f.subarray(i, i + 45);
		out += c(part.length);
		for (let k = 0; k < part.length; k += 3) {
			const v = part[k] << 16 | (part[k + 1] ?? 0) << 8 | (part[k + 2] ?? 0);
			out += c(v >> 18) + c(v >> 12 & 63) + c(v >> 6 & 63) + c(v & 63);
		}
		out += '\n';
	}
	return out + '`\nend\n';
}

// A binary string in JSON: one code point for each byte.
const jsonString = f => [...f].map(c => (c === 34 || c === 92 ? '\\' + String.fromCharCode(c) :
	c < 32 || c > 126 ? '\\u' + c.toString(16).padStart(4, '0') : String.fromCharCode(c))).join('');

// RFC 8878 section 3.1.1: raw blocks.
function zstd(f) {
	const out = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), Buffer.alloc(4)];
	out[1].writeUInt32LE(f.length);
	for (let i = 0; i === 0 || i < f.length; i += 65536) {
		const part = f.subarray(i, i + 65536), head = Buffer.alloc(3);
		head.writeUIntLE(part.length << 3 | (i + 65536 >= f.length ? 1 : 0), 0, 3);
		out.push(head, part);
	}
	return Buffer.concat(out);
}

const half = f => [f.subarray(0, f.length >> 1), f.subarray(f.length >> 1)];
const gz = zlib.gzipSync, deflate = zlib.deflateSync, br = zlib.brotliCompressSync;
const members = f => Buffer.concat([gz(''), ...half(f).map(h => gz(h)), gz('')]);

// A content coding; the body but for its last bytes is as good as the whole.
const coded = (name, how, clean) => ({ clean, make(f) {
	const body = how(f);
	return { head: { 'content-encoding': name, 'content-type': 'application/octet-stream' }, body, core: body.subarray(0, body.length - 8) };
} });
const text = (type, how, core) => ({ make: f => ({ head: { 'content-type': type }, body: bin(how(f)), core: core && bin(core(f)) }) });

const b = '----FramingBoundary7Ma4';
const part = (fields, body, end = '\r\n') => [fields.map(x => x + end).join(''), end, body].join('');
const multi = (parts, end = '\r\n', boundary = b) => parts.map(p => `--${boundary}${end}${p}${end}`).join('') + `--${boundary}--${end}`;
const fileField = 'Content-Disposition: form-data; name="file"; filename="x.bin"';
const octets = 'Content-Type: application/octet-stream';
const other = part(['Content-Disposition: form-data; name="note"'], 'some text');
const raw = f => f.toString('latin1');
const form = how => text(`multipart/form-data; boundary=${b}`, how);
const mail = (type, body) => `From: a@b.test\r\nTo: c@d.test\r\nSubject: files\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}`;
const base64Part = f => part([octets, 'Content-Transfer-Encoding: base64'], lines(b64(f), 76, '\r\n'));
const quotedPart = f => part([octets, 'Content-Transfer-Encoding: quoted-printable'], quoted(f));
const html = x => `<!DOCTYPE html><html><head><title>t</title></head><body><p>a text</p>${x}</body></html>\n`;
const xml = x => `<?xml version="1.0" encoding="utf-8"?>\n<doc><name>x.bin</name><data>${x}</data></doc>\n`;
const utf16 = (s, bom) => Buffer.from((bom ? '\ufeff' : '') + s, 'utf16le');
const swapped = x => Buffer.from(x).swap16();

export const bodies = {
	plain: { make: f => ({ head: { 'content-type': 'application/octet-stream' }, body: f, core: f }) },
	'as-image': { make: f => ({ head: { 'content-type': 'image/png' }, body: f, core: f }) },
	'as-video': { make: f => ({ head: { 'content-type': 'video/mp4' }, body: f, core: f }) },
	'no-type': { make: f => ({ head: {}, body: f, core: f }) },

	gzip: coded('gzip', f => gz(f)),
	'x-gzip': coded('x-gzip', f => gz(f)),
	'gzip-stored': coded('gzip', f => gz(f, { level: 0 })),
	'gzip-members': coded('gzip', members),
	deflate: coded('deflate', f => deflate(f)),
	'deflate-raw': coded('deflate', f => zlib.deflateRawSync(f)),
	br: coded('br', f => br(f)),
	// A receiver that takes the coded bytes as they are has a file which the engine cannot open.
	zstd: { ...coded('zstd', zstd), up: 'refuse' },
	// Some clients stop behind the first frame, which must be searchable by itself: no half archive.
	'zstd-frames': { archive: false, ...coded('zstd', f => Buffer.concat(half(f).map(zstd))), up: 'refuse' },
	'br-gzip': coded('br, gzip', f => gz(br(f))),
	'gzip-br': coded('gzip, br', f => br(gz(f))),
	'gzip-gzip': coded('gzip, gzip', f => gz(gz(f))),
	'deflate-zstd': coded('deflate, zstd', f => zstd(deflate(f)), 'refuse'),
	'zstd-br': coded('zstd, br', f => br(zstd(f))),
	'gzip-identity': coded('gzip, identity', f => gz(f)),
	'three-codings': coded('gzip, gzip, gzip', f => gz(gz(gz(f))), 'refuse'),
	'members-in-stack': coded('gzip, br', f => br(members(f)), 'refuse'),
	'unknown-coding': coded('shrink', f => f, 'refuse'),
	'lie-gzip': coded('gzip', f => f, 'refuse'),
	'lie-br': coded('br', f => gz(f), 'refuse'),
	'lie-deflate': coded('deflate', f => gz(f), 'refuse'),
	'lie-identity': coded('identity', f => gz(f)),
	'gzip-trailing': coded('gzip', f => Buffer.concat([gz('a clean text'), f]), 'refuse'),
	'gzip-cut': coded('gzip', f => gz(f).subarray(0, -8), 'refuse'),

	'form-first': form(f => multi([part([fileField, octets], raw(f)), other])),
	'form-second': form(f => multi([other, part([fileField, octets], raw(f))])),
	'form-third': form(f => multi([other, other, part([fileField, octets], raw(f)), other])),
	'form-text': form(f => multi([part(['Content-Disposition: form-data; name="t"', 'Content-Type: text/plain'], raw(f))])),
	'form-newlines': form(f => multi([other, part([fileField, octets], raw(f), '\n')], '\n')),
	'form-no-end': form(f => `--${b}\r\n${other}\r\n--${b}\r\n` + part([fileField, octets], raw(f)) + '\r\n'),
	'form-preamble': form(f => 'a preamble\r\n' + multi([other, part([fileField, octets], raw(f))]) + 'an epilogue'),
	'form-base64': form(f => multi([other, part([fileField, octets, 'Content-Transfer-Encoding: base64'], lines(b64(f), 76, '\r\n'))])),
	'form-quoted': form(f => multi([other, part([fileField, octets, 'Content-Transfer-Encoding: quoted-printable'], quoted(f))])),
	'form-nested': form(f => multi([other, part(['Content-Disposition: form-data; name="files"', 'Content-Type: multipart/mixed; boundary=inner'],
		multi([part(['Content-Disposition: file; filename="a"'], 'a text'), part(['Content-Disposition: file; filename="x.bin"', octets], raw(f))], '\r\n', 'inner'))])),
	'form-gzip': { make(f) {
		const body = gz(bin(multi([other, part([fileField, octets], raw(f))])));
		return { head: { 'content-type': `multipart/form-data; boundary=${b}`, 'content-encoding': 'gzip' }, body, core: body.subarray(0, -8) };
	} },
	'form-other-boundary': text('multipart/form-data; boundary=unused', f => multi([other, part([fileField, octets], raw(f))])),
	related: text('multipart/related; boundary=' + b, f => multi([part(['Content-Type: application/json'], '{"name":"x.bin"}'), part([octets], raw(f))])),
	'related-base64': text('multipart/related; boundary=' + b, f => multi([part(['Content-Type: application/json'], '{"name":"x.bin"}'), base64Part(f)])),

	urlencoded: text('application/x-www-form-urlencoded', f => `note=a+text&file=${percent(f)}&send=1`),
	'urlencoded-sparse': text('application/x-www-form-urlencoded', f => `note=a+text&file=${percent(f, false)}`),
	'urlencoded-base64': text('application/x-www-form-urlencoded', f => `note=a+text&file=${encodeURIComponent(b64(f))}`),
	'urlencoded-base64url': text('application/x-www-form-urlencoded', f => `file=${b64url(f)}&note=a`),
	'urlencoded-hex': text('application/x-www-form-urlencoded', f => `file=${hex(f)}&note=a`),

	'json-base64': text('application/json', f => `{"name":"x.bin","data":"${b64(f)}"}`),
	'json-base64url': text('application/json', f => `{"name":"x.bin","data":"${b64url(f)}"}`),
	'json-lines': text('application/json', f => `{"data":"${lines(b64(f), 76, '\\n')}"}`),
	'json-slashes': text('application/json', f => `{"data":"${b64(f).replaceAll('/', '\\/')}"}`),
	'json-data-url': text('application/json', f => `{"url":"data:application/octet-stream;base64,${b64(f)}"}`),
	'json-string': text('application/json', f => `{"text":"${jsonString(f)}"}`),
	'json-in-json': text('application/json', f => JSON.stringify({ body: JSON.stringify({ data: b64(f) }) })),
	'json-chunks': text('application/json', f => JSON.stringify({ data: [...f] })),
	'json-hex': text('application/json', f => `{"data":"${hex(f)}"}`),
	'json-utf16': { make: f => ({ head: { 'content-type': 'application/json' }, body: utf16(`{"data":"${b64(f)}"}`, true) }) },
	'json-utf16be': { make: f => ({ head: { 'content-type': 'application/json' }, body: swapped(utf16(`{"data":"${b64(f)}"}`, false)) }) },
	'json-lines-many': text('application/x-ndjson', f => `{"id":1}\n{"id":2,"data":"${b64(f)}"}\n{"id":3}\n`),

	'xml-base64': text('application/xml', f => xml(b64(f))),
	'xml-lines': text('application/xml', f => xml('\n' + lines(b64(f), 64, '\n    ') + '\n')),
	'xml-cdata': text('application/xml', f => xml(`<![CDATA[${b64(f)}]]>`)),
	'xml-references': text('application/xml', f => xml([...f].map(c => `&#${c};`).join(''))),
	'xml-hex': text('application/xml', f => xml(hex(f).toUpperCase())),
	'xml-utf16': { make: f => ({ head: { 'content-type': 'application/xml' }, body: utf16(xml(b64(f)), true) }) },
	'soap-mtom': text('multipart/related; type="application/xop+xml"; boundary=' + b, f => multi([part(['Content-Type: application/xop+xml'], xml('<i href="cid:1"/>')),
		part([octets, 'Content-ID: <1>', 'Content-Transfer-Encoding: binary'], raw(f))])),

	'html-data-url': text('text/html', f => html(`<a download href="data:application/octet-stream;base64,${b64(f)}">x</a>`)),
	'html-data-percent': text('text/html', f => html(`<a download href="data:,${percent(f)}">x</a>`)),
	'html-script': text('text/html', f => html(`<script>var d = atob("${b64(f)}"); save(d);</script>`)),
	'html-references': text('text/html', f => html(`<pre>${[...f].map(c => `&#x${c.toString(16)};`).join('')}</pre>`)),
	'html-text': text('text/html', f => html(`<pre>${lines(b64(f), 60, '\n')}</pre>`)),
	'html-utf16': { make: f => ({ head: { 'content-type': 'text/html; charset=utf-16' }, body: utf16(html(`<a href="data:;base64,${b64(f)}">x</a>`), true) }) },
	css: text('text/css', f => `a { background: url(data:image/png;base64,${b64(f)}) }\n`),
	script: text('text/javascript', f => `const wasm = '${b64(f)}';\nrun(wasm);\n`),
	'script-hex': text('text/javascript', f => `const code = "${hex(f)}";\n`),
	'script-escapes': text('text/javascript', f => `const code = "${[...f].map(c => '\\x' + c.toString(16).padStart(2, '0')).join('')}";\n`),
	svg: text('image/svg+xml', f => `<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,${b64(f)}"/></svg>`),

	mail: text('message/rfc822', f => mail('multipart/mixed; boundary=' + b, multi([part(['Content-Type: text/plain'], 'see below'), base64Part(f)]))),
	'mail-quoted': text('message/rfc822', f => mail('multipart/mixed; boundary=' + b, multi([quotedPart(f)]))),
	'mail-nested': text('message/rfc822', f => mail('multipart/mixed; boundary=outer', multi([part(['Content-Type: message/rfc822'],
		mail('multipart/mixed; boundary=' + b, multi([base64Part(f)])))], '\r\n', 'outer'))),
	'mail-alone': text('message/rfc822', f => mail('application/octet-stream\r\nContent-Transfer-Encoding: base64', lines(b64(f), 76, '\r\n'))),
	mbox: text('application/mbox', f => 'From a@b.test Mon Nov 23 10:00:00 2026\n' + mail('multipart/mixed; boundary=' + b, multi([base64Part(f)])).replaceAll('\r\n', '\n')),
	'mail-uuencode': text('message/rfc822', f => mail('text/plain', 'see below\r\n\r\n' + uuencode(f).replaceAll('\n', '\r\n'))),
	mhtml: text('multipart/related', f => mail('multipart/related; boundary=' + b, multi([part(['Content-Type: text/html'], html('')), base64Part(f)]))),

	'text-base64': text('text/plain', f => lines(b64(f), 76, '\n') + '\n'),
	'text-base64-one-line': text('text/plain', f => b64(f)),
	'text-hex': text('text/plain', f => hex(f)),
	'text-hex-lines': text('text/plain', f => lines(hex(f), 64, '\n') + '\n'),
	'text-quoted': text('text/plain', f => quoted(f)),
	'text-percent': text('text/plain', f => percent(f)),
	'text-uuencode': text('text/plain', f => 'a text before\n' + uuencode(f)),
	armour: text('text/plain', f => `-----BEGIN FILE-----\n${lines(b64(f), 64, '\n')}\n-----END FILE-----\n`),
	yaml: text('application/yaml', f => `name: x.bin\ndata: |\n  ${lines(b64(f), 76, '\n  ')}\nend: true\n`),
	csv: text('text/csv', f => `1,a,b\n2,x.bin,${b64(f)}\n3,c,d\n`),
};

export const digest = x => crypto.createHash('sha256').update(x).digest('hex');

// ---- streams of messages ----

const frame = (x, flags = 0) => {
	const head = Buffer.alloc(5);
	head[0] = flags;
	head.writeUInt32BE(x.length, 1);
	return Buffer.concat([head, x]);
};
const call = (how, head = {}) => ({ h2: true, make(f) {
	const body = how(f);
	return { head: { 'content-type': 'application/grpc', ...head }, body, core: body.subarray(0, -8) };
} });
const web = (type, how) => ({ make(f) {
	const body = how(f);
	return { head: { 'content-type': type }, body, core: body.subarray(0, -4) };
} });
const events = how => ({ way: 'down', make: f => ({ head: { 'content-type': 'text/event-stream' }, body: bin(how(f)), core: bin(how(f)).subarray(0, -12) }) });

Object.assign(bodies, {
	grpc: call(f => frame(f)),
	'grpc-second': call(f => Buffer.concat([frame(Buffer.from('hello')), frame(f)])),
	'grpc-gzip': call(f => frame(gz(f), 1), { 'grpc-encoding': 'gzip' }),
	'grpc-base64': call(f => frame(bin(`{"data":"${b64(f)}"}`))),
	'grpc-split': call(f => Buffer.concat(half(f).map(h => frame(h)))),
	'grpc-web': web('application/grpc-web+proto', f => frame(f)),
	'grpc-web-text': web('application/grpc-web-text', f => bin(b64(frame(f)))),
	'event-base64': events(f => `data: 1\n\ndata: ${b64(f)}\n\n`),
	'event-json': events(f => `id: 1\ndata: {"data":"${b64(f)}"}\n\n`),
	'event-lines': events(f => `data: ${lines(b64(f), 76, '\ndata: ')}\n\n`),
	'event-hex': events(f => `data: ${hex(f)}\n\n`),
	'event-comment': events(f => `: ${b64(f)}\n\n`),
});
