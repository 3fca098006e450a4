'use strict';
const assert = require('assert');

// A database with a table whose rows are the numbers of its changes, a minute between them; `ids` are
// the statements that made them, `times` the moments after them.
async function changed(lab, name) {
  const connection = await lab.connect();
  await lab.run(connection, `create database ${name}`);
  await lab.run(connection, 'create table t (a int)');
  const ids = [];
  const times = [];
  for (let change = 1; change <= 4; change++) {
    const { statement } = await lab.run(connection, `insert into t values (${change})`);
    ids.push(statement.getQueryId());
    await lab.advance(30);
    times.push(new Date((await lab.rows(connection, 'select current_timestamp()'))[0][0]).toISOString());
    await lab.advance(30);
  }
  const list = async (from) => (await lab.rows(connection, `select a from ${from} order by a`)).flat().join();
  return { connection, ids, times, list, run: (sql) => lab.run(connection, sql), code: (sql) => lab.codeOf(lab.run(connection, sql)) };
}

module.exports = {
  async 'the past by statement, time and offset'(lab) {
    const { ids, times, list, code } = await changed(lab, 'looked_back');
    assert.strictEqual(await list('t'), '1,2,3,4');
    assert.strictEqual(await list(`t at(statement => '${ids[1]}')`), '1,2');
    assert.strictEqual(await list(`t before(statement => '${ids[1]}')`), '1');
    assert.strictEqual(await list(`t at(timestamp => '${times[2]}'::timestamp_tz)`), '1,2,3');
    assert.strictEqual(await list(`t before(timestamp => '${times[0]}'::timestamp_tz)`), '1');
    assert.strictEqual(await list('t at(offset => -150)'), '1,2');
    assert.strictEqual(await list('t at(offset => -60*2.5)'), '1,2');
    assert.strictEqual(await code("select * from t before(statement => '01000000-0000-0000-0000-000000000000')"), '000709');
    assert.strictEqual(await code('select * from t at(offset => -100000)'), '000707');
  },
  async 'clones at all three levels, of the past and over what is there'(lab) {
    const { ids, list, run } = await changed(lab, 'cloned');
    await run(`create table of_table clone t before(statement => '${ids[3]}')`);
    await run(`create schema of_schema clone public at(statement => '${ids[2]}')`);
    await run(`create database of_database clone cloned at(statement => '${ids[1]}')`);
    assert.strictEqual(await list('cloned.public.of_table'), '1,2,3');
    assert.strictEqual(await list('cloned.of_schema.t'), '1,2,3');
    assert.strictEqual(await list('of_database.public.t'), '1,2');
    // A clone goes its own way.
    await run('insert into of_database.public.t values (9)');
    assert.strictEqual(await list('of_database.public.t'), '1,2,9');
    assert.strictEqual(await list('cloned.public.t'), '1,2,3,4');
    // What is replaced can be had again, under another name or by its id.
    await run(`create or replace table cloned.public.t clone cloned.public.t at(statement => '${ids[0]}')`);
    await run('create or replace schema cloned.of_schema clone cloned.public');
    await run('create or replace database of_database clone cloned');
    for (const table of ['cloned.public.t', 'cloned.of_schema.t', 'of_database.public.t']) assert.strictEqual(await list(table), '1');
    await run('alter database of_database rename to aside');
    await run('undrop database of_database');
    assert.strictEqual(await list('of_database.public.t'), '1,2,9');
  },
  async 'undrop with names in the way'(lab) {
    const { connection, list, run, code } = await changed(lab, 'undropped');
    const dropped = async () => (await lab.rows(connection, "select table_id from snowflake.account_usage.tables " +
      "where table_catalog = 'UNDROPPED' and deleted is not null order by deleted")).flat();
    await run('drop table t');
    await run('create table t as select 10 as a');
    assert.strictEqual(await code('undrop table t'), '002002');
    await run('drop table t');
    await run('create table t as select 20 as a');
    const ids = await dropped();
    assert.strictEqual(ids.length, 2);
    await run('alter table t rename to kept');
    await run('undrop table t');
    assert.strictEqual(await list('t'), '10');
    await run('alter table t rename to second');
    await run(`undrop table identifier(${ids[0]})`);
    assert.strictEqual(await list('t'), '1,2,3,4');
    // The same of a schema and a database.
    await run('drop schema undropped.public');
    await run('create schema undropped.public');
    assert.strictEqual(await code('undrop schema undropped.public'), '002002');
    await run('alter schema undropped.public rename to undropped.aside');
    await run('undrop schema undropped.public');
    await run('drop database undropped');
    await run('create database undropped');
    assert.strictEqual(await code('undrop database undropped'), '002002');
    await run('alter database undropped rename to aside_of_undropped');
    await run('undrop database undropped');
    assert.strictEqual(await list('undropped.public.t'), '1,2,3,4');
    assert.strictEqual(await list('undropped.public.kept'), '20');
  },
  async 'swaps exchange what is under the names'(lab) {
    const { list, run } = await changed(lab, 'swapped');
    await run('create table u as select 7 as a');
    await run('alter table t swap with u');
    assert.strictEqual(await list('t'), '7');
    await run('create schema other clone public');
    await run('insert into other.t values (8)');
    await run('alter schema public swap with other');
    assert.strictEqual(await list('swapped.public.t'), '7,8');
    await run('create database swapped_too');
    await run('alter database swapped swap with swapped_too');
    assert.strictEqual(await list('swapped_too.public.t'), '7,8');
  },
};
