'use strict';
const assert = require('assert');
const https = require('https');
const zlib = require('zlib');

module.exports = {
  async 'SQL API'(lab) {
    await lab.control({ command: 'token', kind: 'pat', token: 'api-token', user: 'ADMIN', seconds: 3600 });
    const call = (method, url, body, headers = {}) => new Promise((resolve, reject) => {
      const request = https.request(lab.ready.uri + url, {
        method,
        headers: { Authorization: 'Bearer api-token', 'User-Agent': 'proof', 'Content-Type': 'application/json', ...headers },
      }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
          let bytes = Buffer.concat(chunks);
          if (response.headers['content-encoding'] === 'gzip') bytes = zlib.gunzipSync(bytes);
          resolve({ status: response.statusCode, body: bytes.length ? JSON.parse(bytes) : null });
        });
      });
      request.on('error', reject);
      request.end(body ? JSON.stringify(body) : undefined);
    });
    const post = (body, query = '') => call('POST', '/api/v2/statements' + query, { warehouse: 'COMPUTE_WH', ...body });
    const one = await post({ statement: 'select ? as a, true as b', bindings: { 1: { type: 'FIXED', value: '5' } } });
    assert.strictEqual(one.status, 200);
    assert.strictEqual(one.body.code, '090001');
    assert.deepStrictEqual(one.body.data, [['5', 'true']]);
    assert.strictEqual(one.body.resultSetMetaData.numRows, 1);
    const wrong = await post({ statement: 'selec' });
    assert.deepStrictEqual([wrong.status, wrong.body.code, wrong.body.sqlState], [422, '001003', '42000']);
    assert.strictEqual((await call('POST', '/api/v2/statements', { statement: 'select 1' }, { Authorization: 'Bearer no' })).status, 401);
    const slow = await post({ statement: 'select system$wait(600), 9' }, '?async=true');
    assert.deepStrictEqual([slow.status, slow.body.code], [202, '333334']);
    assert.strictEqual((await call('GET', slow.body.statementStatusUrl)).status, 202);
    await lab.waitsEnd(true);
    let status;
    await lab.until(async () => (status = await call('GET', slow.body.statementStatusUrl)).status === 200);
    assert.strictEqual(status.body.data[0][1], '9');
    await lab.waitsEnd(false);
    const endless = await post({ statement: 'select system$wait(600)' }, '?async=true');
    assert.strictEqual((await call('POST', endless.body.statementStatusUrl + '/cancel')).status, 200);
    await lab.control({ command: 'options', rows_in_reply: 10, rows_in_chunk: 7 });
    const paged = await post({ statement: 'select seq4() from table(generator(rowcount => 20))' });
    assert.deepStrictEqual(paged.body.resultSetMetaData.partitionInfo.map((p) => p.rowCount), [10, 7, 3]);
    const last = await call('GET', paged.body.statementStatusUrl + '?partition=2');
    assert.deepStrictEqual(last.body.data, [['17'], ['18'], ['19']]);
    await lab.control({ command: 'options', rows_in_reply: 2000, rows_in_chunk: 5000 });
    await lab.control({ command: 'fault', name: 'throttle' });
    assert.strictEqual((await post({ statement: 'select 1' })).status, 429);
  },
};
