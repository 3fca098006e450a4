'use strict';
const assert = require('assert');
const fs = require('fs');

const WRITERS = 25;

// Logged-in sessions that insert until the double is gone; writes down what was acknowledged.
async function write(lab, file) {
  const first = await lab.connect();
  await lab.run(first, 'create database killed');
  await lab.run(first, 'create table t (w int, n int)');
  const connections = await Promise.all(Array.from({ length: WRITERS }, () => lab.connect({ database: 'KILLED', schema: 'PUBLIC' })));
  await Promise.all(connections.map(async (connection, w) => {
    for (let n = 0; ; n++) {
      await lab.run(connection, `insert into t values (${w}, ${n})`);
      fs.appendFileSync(file, `${w},${n}\n`);
    }
  }));
}

async function compare(lab, file) {
  const connection = await lab.connect({ database: 'KILLED', schema: 'PUBLIC' });
  const found = (await lab.rows(connection, 'select w, n from t')).map((row) => row.join());
  const acknowledged = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  assert.strictEqual(new Set(found).size, found.length, 'nothing twice');
  assert.deepStrictEqual(acknowledged.filter((row) => !found.includes(row)), [], 'nothing is missing');
  assert.ok(found.length <= acknowledged.length + WRITERS, 'one at most of each session was not acknowledged');
}

module.exports = { write, compare };
