'use strict';
const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const zlib = require('zlib');

module.exports = {
  async 'PUT, COPY both ways, GET'(lab) {
    const connection = await lab.connect();
    await lab.run(connection, 'create database staged');
    await lab.run(connection, 'create stage st');
    await lab.run(connection, 'create table t (a int, b varchar)');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proof-'));
    const file = path.join(folder, 'in.csv');
    fs.writeFileSync(file, Array.from({ length: 1000 }, (_, at) => `${at},"text ${at}"`).join('\n') + '\n');
    const put = await lab.run(connection, `put file://${file} @st/in`);
    assert.strictEqual(put[0].status, 'UPLOADED');
    await lab.run(connection, "copy into t from @st/in file_format = (type = csv field_optionally_enclosed_by = '\"')");
    const sum = await lab.run(connection, 'select count(*) as n, sum(a) as s, max(b) as m from t');
    assert.deepStrictEqual({ ...sum[0] }, { N: 1000, S: 499500, M: 'text 999' });
    await lab.run(connection, "copy into @st/out/ from t file_format = (type = csv compression = none)");
    const listed = await lab.run(connection, 'list @st/out');
    assert.strictEqual(listed.length, 1);
    await lab.run(connection, `get @st/out file://${folder}`);
    const got = fs.readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('_0_0_0.csv'));
    assert.strictEqual(got.length, 1);
    assert.strictEqual(fs.readFileSync(path.join(folder, got[0]), 'utf8').split('\n')[999], '999,text 999');
    await lab.run(connection, `get @st/in file://${folder}`);
    const back = fs.readdirSync(folder, { recursive: true }).map(String).find((name) => name.endsWith('in.csv.gz'));
    const unzipped = zlib.gunzipSync(fs.readFileSync(path.join(folder, back)));
    assert.ok(unzipped.equals(fs.readFileSync(file)));
    fs.rmSync(folder, { recursive: true });
  },
};
