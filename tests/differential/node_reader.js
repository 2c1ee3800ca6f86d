// SPDX-License-Identifier: BSD-2-Clause
// What node's HTTP parser reads of the cases in a file: the same format in as h1_canonical's, a
// line of JSON for each case out; bytes in hexadecimal.
'use strict';
const { HTTPParser } = require('_http_common');
const fs = require('fs');

// The parser tells methods by number, in the order of its own list, which has no public name.
process.noDeprecation = true;
const binding = process.binding('http_parser');
const allMethods = binding.allMethods || binding.methods;

const hex = (latin1) => Buffer.from(latin1, 'latin1').toString('hex');

function pairs(flat) {
  const out = [];
  for (let i = 0; i < flat.length; i += 2) out.push([hex(flat[i]), hex(flat[i + 1])]);
  return out;
}

function read(side, method, bytes) {
  const parser = new HTTPParser();
  const messages = [];
  let headers = [], url = '', trailers = [], current = null, tunnel = false;

  parser.initialize(side === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnMessageBegin | 0] = () => { current = null; headers = []; url = ''; trailers = []; };
  parser[HTTPParser.kOnHeaders | 0] = (more, u) => {
    if (current) trailers.push(...more); else { headers.push(...more); url += u; }
  };
  parser[HTTPParser.kOnHeadersComplete | 0] =
    (major, minor, fields, verb, target, status, reason, upgrade) => {
      current = { status: status || 0, method: hex(allMethods[verb] || ''), target: hex(url + (target || '')),
        fields: pairs(headers.concat(fields || [])), body: [], whole: false, trailers: [] };
      messages.push(current);
      headers = [];
      if (side === 'request') return 0;
      if (upgrade && status === 101) { tunnel = true; return 2; }
      return method === 'HEAD' && !(status >= 100 && status < 200) ? 1 : 0;
    };
  parser[HTTPParser.kOnBody | 0] = (b) => { current.body.push(b.toString('hex')); };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    current.whole = true;
    current.trailers = pairs(trailers);
  };
  let error = '';
  let n = parser.execute(bytes);
  if (n instanceof Error) {
    error = n.code || 'error';
  } else if (n < bytes.length) {
    tunnel = true;
  } else {
    n = parser.finish();
    if (n instanceof Error) error = n.code || 'error';
  }
  parser.close();
  return { messages, error, tunnel };
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
