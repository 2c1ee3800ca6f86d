// SPDX-License-Identifier: BSD-2-Clause
// What node's HTTP parser reads of the cases in a file: the same format in as h1_canonical's, a
// line of JSON for each case out; bytes in hexadecimal.
'use strict';
const { HTTPParser } = require('_http_common');
const fs = require('fs');

// The parser tells methods by number, in the order of its own list: so it is asked.
const methods = {};
for (const name of require('http').METHODS) {
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {});
  parser[HTTPParser.kOnHeadersComplete | 0] = (major, minor, fields, verb) => { methods[verb] = name; return 0; };
  parser.execute(Buffer.from(`${name} ${name === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\nHost: a\r\n\r\n`));
  parser.close();
}

const hex = (latin1) => Buffer.from(latin1, 'latin1').toString('hex');

function pairs(flat) {
  const out = [];
  for (let i = 0; i < flat.length; i += 2) out.push([hex(flat[i]), hex(flat[i + 1])]);
  return out;
}

// Nothing is read behind an answer that ends its connection.
function closes(message) {
  return message.fields.some(([n, v]) => Buffer.from(n, 'hex').toString('latin1').toLowerCase() === 'connection' &&
    /close/i.test(Buffer.from(v, 'hex').toString('latin1')));
}

// One parser's reading of bytes, pushed to `messages`: how it ended, and what it left to the next.
function readWith(side, method, bytes, messages) {
  const parser = new HTTPParser();
  let headers = [], url = '', trailers = [], current = null, tunnel = false, done = false;

  parser.initialize(side === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnMessageBegin | 0] = () => { current = null; headers = []; url = ''; trailers = []; };
  parser[HTTPParser.kOnHeaders | 0] = (more, u) => {
    if (current) trailers.push(...more); else { headers.push(...more); url += u; }
  };
  parser[HTTPParser.kOnHeadersComplete | 0] =
    (major, minor, fields, verb, target, status, reason, upgrade) => {
      current = { status: status || 0, method: hex(methods[verb] || ''), target: hex(url + (target || '')),
        fields: pairs(headers.concat(fields || [])), body: [], whole: false, trailers: [] };
      messages.push(current);
      headers = [];
      if (side === 'request') return 0;
      if (upgrade && status === 101) { tunnel = true; return 2; }
      // As node's own client decides (1: no body follows); the parser alone did not always.
      return status >= 200 && (method === 'HEAD' || status === 304) ? 1 : 0;
    };
  parser[HTTPParser.kOnBody | 0] = (b) => { current.body.push(b.toString('hex')); };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    current.whole = true;
    current.trailers = pairs(trailers);
    done = current.status >= 200;
  };
  let n = 0, at = 0;
  if (side === 'request') { // node's server has one parser for a connection
    n = parser.execute(bytes);
    tunnel = !(n instanceof Error) && n < bytes.length;
    at = bytes.length;
  }
  // Its client has a fresh one for each answer: fed byte by byte, its end is seen.
  for (; at < bytes.length && !done && !tunnel && !(n instanceof Error); at++)
    n = parser.execute(bytes.subarray(at, at + 1));
  if (!(n instanceof Error) && !tunnel && !done) n = parser.finish();
  parser.close();
  return { error: n instanceof Error ? n.code || 'error' : '', tunnel, rest: bytes.subarray(at) };
}

function read(side, method, bytes) {
  const messages = [];
  let end = { error: '', tunnel: false, rest: bytes };
  do {
    end = readWith(side, method, end.rest, messages);
  } while (end.rest.length > 0 && !end.error && !end.tunnel && !closes(messages[messages.length - 1]));
  return { messages, error: end.error, tunnel: end.tunnel };
}

const input = fs.readFileSync(process.argv[2]);
const out = [];
for (let at = 0; at < input.length;) {
  const stop = input.indexOf(10, at);
  const [side, method, length] = input.toString('latin1', at, stop).split(' ');
  at = stop + 1 + Number(length);
  out.push(JSON.stringify(read(side, method, Buffer.from(input.subarray(stop + 1, at)))));
}
process.stdout.write(out.join('\n') + '\n');
