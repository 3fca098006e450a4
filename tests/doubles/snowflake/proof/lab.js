// The vendor's driver and the double's control port, as the parts of the proof use them.
'use strict';
const net = require('net');

// One request on the control port.
function control(ready, request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(ready.control_port, '127.0.0.1', () => socket.write(JSON.stringify(request) + '\n'));
    let text = '';
    socket.on('data', (data) => {
      text += data;
      if (!text.includes('\n')) return;
      socket.end();
      const answer = JSON.parse(text);
      answer.error ? reject(new Error(answer.error)) : resolve(answer);
    });
    socket.on('error', reject);
  });
}

class Lab {
  constructor(ready) {
    this.ready = ready;
    this.snowflake = require('snowflake-sdk');
    this.snowflake.configure({ logLevel: 'OFF', disableOCSPChecks: true });
  }
  control(request) { return control(this.ready, request); }
  fault(name, more = {}) { return this.control({ command: 'fault', name, times: 1, ...more }); }
  options(options) { return this.control({ command: 'options', ...options }); }
  advance(seconds) { return this.control({ command: 'clock', advance: seconds }); }
  async connect(options = {}) {
    const connection = this.snowflake.createConnection({
      accessUrl: this.ready.uri, account: 'dbstow-double', username: 'ADMIN', password: 'admin-password',
      warehouse: 'COMPUTE_WH', sfRetryMaxLoginRetries: 1, ...options,
    });
    await new Promise((resolve, reject) =>
      connection.connect((error) => (error ? reject(error) : resolve())));
    return connection;
  }
  run(connection, sqlText, options = {}) {
    return new Promise((resolve, reject) => connection.execute({
      sqlText, ...options,
      complete: (error, statement, rows) => {
        if (!error) return resolve(Object.assign(rows || [], { statement }));
        reject(Object.assign(error, { statement }));
      },
    }));
  }
  // The rows as plain arrays.
  async rows(connection, sqlText) {
    return [...(await this.run(connection, sqlText))].map((row) => Object.values(row));
  }
  async codeOf(promise) {
    try { await promise; } catch (error) { return String(error.code); }
    return 'none';
  }
  async journal(text) {
    const { statements } = await this.control({ command: 'journal' });
    return statements.filter((s) => s.text.includes(text));
  }
  // Waits for a condition, however long a busy machine takes.
  async until(holds) {
    while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // `act` happens while `count` statements run that would not end by themselves.
  async whileRunning(count, act) {
    await this.until(async () => (await this.control({ command: 'journal' })).running >= count);
    await act();
  }
  waitsEnd(end) { return this.control({ command: 'waits', end }); }
}

module.exports = { Lab };
