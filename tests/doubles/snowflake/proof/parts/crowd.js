'use strict';
const assert = require('assert');
const net = require('net');
const tls = require('tls');

// What comes back for bytes that are no request of the driver.
function exchange(lab, bytes) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(lab.ready.port, '127.0.0.1', { servername: 'localhost' }, () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => { text += data; }).on('end', () => resolve(text)).on('close', () => resolve(text)).on('error', reject);
  });
}

module.exports = {
  async 'two hundred sessions at work at once, beside peers that say nothing'(lab) {
    const silent = Array.from({ length: 50 }, () => net.connect(lab.ready.port, '127.0.0.1'));
    const connections = await Promise.all(Array.from({ length: 200 }, () => lab.connect()));
    const running = Promise.all(connections.map((connection, at) =>
      lab.rows(connection, `select ${at}, system$wait(600)`)));
    await lab.whileRunning(200, () => lab.waitsEnd(true));
    (await running).forEach((rows, at) => assert.strictEqual(rows[0][0], at));
    await lab.waitsEnd(false);
    silent.forEach((socket) => socket.destroy());
  },
  async 'what is no request or too big ends its own connection only'(lab) {
    const connection = await lab.connect();
    for (const bytes of ['nonsense\r\n\r\n', 'POST /queries/v1/query-request HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n',
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n', `GET /${'x'.repeat(80000)} HTTP/1.1\r\n\r\n`]) {
      assert.match(await exchange(lab, bytes), /^HTTP\/1.1 4/);
      assert.deepStrictEqual(await lab.rows(connection, 'select 5'), [[5]]);
    }
  },
};
