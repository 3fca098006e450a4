'use strict';
const assert = require('assert');

module.exports = {
  async 'values and binds'(lab) {
    const connection = await lab.connect();
    const rows = await lab.run(connection,
      "select 1 as i, 1.5 as d, 'x' as s, true as b, null as n, '2026-01-02'::date as day, parse_json('{\"a\":1}') as v, " +
      "'2026-01-02 03:04:05.678'::timestamp_ntz as t, ?::int + 1 as bound, ? as text", { binds: [41, "it's"] });
    const row = rows[0];
    assert.strictEqual(row.I, 1);
    assert.strictEqual(row.D, 1.5);
    assert.strictEqual(row.S, 'x');
    assert.strictEqual(row.B, true);
    assert.strictEqual(row.N, null);
    assert.strictEqual(row.DAY.toISOString().slice(0, 10), '2026-01-02');
    assert.deepStrictEqual(row.V, { a: 1 });
    assert.strictEqual(row.T.toISOString(), '2026-01-02T03:04:05.678Z');
    assert.strictEqual(row.BOUND, 42);
    assert.strictEqual(row.TEXT, "it's");
  },
  async 'errors keep number, state and text'(lab) {
    const connection = await lab.connect();
    const error = await lab.run(connection, 'selec 1').catch((e) => e);
    assert.strictEqual(error.code, '001003');
    assert.strictEqual(error.sqlState, '42000');
    assert.match(error.message, /syntax error line 1 at position 0 unexpected 'selec'/);
    assert.strictEqual(await lab.codeOf(lab.run(connection, 'select * from nowhere.s.t')), '002003');
  },
  async 'changes say how many rows'(lab) {
    const connection = await lab.connect();
    await lab.run(connection, 'create database counting');
    await lab.run(connection, 'create table t (a int, b varchar)');
    const inserted = await lab.run(connection, "insert into t values (1, 'x'), (2, 'y')");
    assert.strictEqual(inserted.statement.getNumUpdatedRows(), 2);
    assert.strictEqual((await lab.run(connection, 'delete from t where a = 1')).statement.getNumUpdatedRows(), 1);
  },
  async 'results in chunks'(lab) {
    const connection = await lab.connect();
    await lab.control({ command: 'options', rows_in_reply: 10, rows_in_chunk: 7 });
    const sql = "select seq4() as n, 'row ' || seq4()::varchar as t from table(generator(rowcount => 100))";
    const check = (rows) => {
      assert.strictEqual(rows.length, 100);
      rows.forEach((row, at) => assert.deepStrictEqual({ ...row }, { N: at, T: 'row ' + at }));
    };
    check(await lab.run(connection, sql));
    await lab.control({ command: 'fault', name: 'forbid_chunk', times: 1 });
    check(await lab.run(connection, sql));
    const streamed = await new Promise((resolve, reject) => {
      const rows = [];
      connection.execute({
        sqlText: sql, streamResult: true,
        complete: (error, statement) => error ? reject(error) : statement.streamRows()
          .on('data', (row) => rows.push(row)).on('error', reject).on('end', () => resolve(rows)),
      });
    });
    check(streamed);
    await lab.control({ command: 'options', rows_in_reply: 2000, rows_in_chunk: 5000 });
  },
  async 'statements that take time'(lab) {
    const connection = await lab.connect();
    await lab.control({ command: 'options', poll_milliseconds: 100 });
    const rows = await lab.run(connection, 'select system$wait(1) as w, 7 as n');
    assert.strictEqual(rows[0].N, 7);
    const started = await lab.run(connection, 'select system$wait(600), 8 as n', { asyncExec: true });
    const id = started.statement.getQueryId();
    assert.strictEqual(await connection.getQueryStatus(id), 'RUNNING');
    await lab.waitsEnd(true);
    await lab.until(async () => await connection.getQueryStatus(id) !== 'RUNNING');
    assert.strictEqual(await connection.getQueryStatus(id), 'SUCCESS');
    await lab.waitsEnd(false);
    const found = await connection.getResultsFromQueryId({ queryId: id });
    const later = await new Promise((resolve, reject) => {
      const all = [];
      found.streamRows().on('data', (row) => all.push(row)).on('error', reject).on('end', () => resolve(all));
    });
    assert.strictEqual(later[0].N, 8);
  },
  async 'cancel'(lab) {
    const connection = await lab.connect();
    let statement;
    const outcome = new Promise((resolve) => {
      statement = connection.execute({
        sqlText: 'select system$wait(600)',
        complete: (error) => resolve(error ? String(error.code) : 'none'),
      });
    });
    await lab.whileRunning(1, () => statement.cancel());
    assert.strictEqual(await outcome, '000604');
    await lab.run(connection, 'alter session set statement_timeout_in_seconds = 1');
    assert.strictEqual(await lab.codeOf(lab.run(connection, 'select system$wait(600)')), '000630');
    await lab.control({ command: 'options', poll_milliseconds: 45000 });
  },
  async 'several statements in one request'(lab) {
    const connection = await lab.connect();
    const first = await lab.run(connection, 'select 1 as a; select 2 as a', { parameters: { MULTI_STATEMENT_COUNT: 2 } });
    assert.strictEqual(first[0].A, 1);
    assert.strictEqual(first.statement.hasNext(), true);
    assert.strictEqual(await lab.codeOf(lab.run(connection, 'select 1; select 2')), '000008');
  },
};
