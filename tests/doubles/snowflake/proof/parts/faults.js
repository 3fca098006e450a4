'use strict';
const assert = require('assert');

module.exports = {
  async 'renewal in the middle, executed once'(lab) {
    const connection = await lab.connect();
    await lab.run(connection, 'create database renewing');
    await lab.control({ command: 'expire' });
    await lab.run(connection, 'create table after_expiry (a int)');
    assert.strictEqual((await lab.journal('create table after_expiry')).length, 1);
    await lab.fault('expire_token');
    await lab.run(connection, 'select 2');
    await lab.control({ command: 'expire', what: 'master' });
    assert.notStrictEqual(await lab.codeOf(lab.run(connection, 'select 3')), 'none');
  },
  // The driver asks again, with retryCount and the same requestId.
  async 'throttled, unavailable and dropped, executed once'(lab) {
    const connection = await lab.connect();
    await lab.run(connection, 'create database troubled');
    for (const name of ['throttle', 'unavailable', 'unavailable_after', 'drop_before', 'drop_after']) {
      await lab.fault(name);
      await lab.run(connection, `create table t_${name} (a int)`);
      assert.strictEqual((await lab.journal(`create table t_${name}`)).length, 1, name);
    }
    await lab.control({ command: 'cut' });
    await lab.run(connection, 'select 1');
  },
  async 'a chunk cut short is never a short result'(lab) {
    const connection = await lab.connect();
    await lab.options({ rows_in_reply: 10, rows_in_chunk: 50 });
    const sql = 'select seq4() from table(generator(rowcount => 200))';
    await lab.fault('truncate_chunk');
    assert.deepStrictEqual((await lab.rows(connection, sql)).flat(), Array.from({ length: 200 }, (_, at) => at));
    assert.strictEqual((await lab.journal('rowcount => 200')).length, 1);
    await lab.options({ rows_in_reply: 2000, rows_in_chunk: 5000 });
  },
  async 'a slow statement is polled for, executed once'(lab) {
    const connection = await lab.connect();
    await lab.run(connection, 'create database slow');
    await lab.options({ poll_milliseconds: 20 });
    await lab.fault('slow_statement', { milliseconds: 600000 });
    const made = lab.run(connection, 'create table slow_one (a int)');
    await lab.whileRunning(1, () => lab.control({ command: 'expire' }));  // also renewed while it polls
    await lab.waitsEnd(true);
    await made;
    await lab.waitsEnd(false);
    assert.strictEqual((await lab.journal('create table slow_one')).length, 1);
    await lab.options({ poll_milliseconds: 45000 });
  },
  async 'a heartbeat keeps a session'(lab) {
    const connection = await lab.connect();
    await lab.control({ command: 'clock', freeze: true });
    for (let hours = 0; hours < 6; hours++) {
      await lab.advance(3000);
      assert.strictEqual(await connection.isValidAsync(), true);
    }
    await lab.control({ command: 'clock', freeze: false });
    assert.deepStrictEqual(await lab.rows(connection, 'select 1'), [[1]]);
  },
};
