// The vendor's unmodified driver against the double. Usage: node driver_proof.js DOUBLE [AZURITE]
// with NODE_PATH at the folder that has snowflake-sdk. AZURITE is the connection string of a blob
// server; with it stages are blobs that the driver encrypts, without it a folder.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const net = require('net');
const os = require('os');
const path = require('path');
const { spawn } = require('child_process');

const parts = [];
const part = (name, run) => parts.push({ name, run });

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
  async codeOf(promise) {
    try { await promise; } catch (error) { return String(error.code); }
    return 'none';
  }
  async journal(text) {
    const { statements } = await this.control({ command: 'journal' });
    return statements.filter((s) => s.text.includes(text));
  }
}

part('passwords', async (lab) => {
  await lab.connect();
  assert.strictEqual(await lab.codeOf(lab.connect({ password: 'wrong' })), '390100');
  assert.strictEqual(await lab.codeOf(lab.connect({ username: 'NOBODY' })), '390100');
  assert.strictEqual(await lab.codeOf(lab.connect({ role: 'NOROLE' })), '390189');
});

part('password with a passcode', async (lab) => {
  const admin = await lab.connect();
  await lab.run(admin, "create user m password = 'm-password'");
  await lab.control({ command: 'user', name: 'M', mfa_passcode: '123456' });
  const mfa = { username: 'M', password: 'm-password', warehouse: undefined };
  const asked = { ...mfa, authenticator: 'USERNAME_PASSWORD_MFA' };
  assert.strictEqual(await lab.codeOf(lab.connect(mfa)), '390197');
  assert.strictEqual(await lab.codeOf(lab.connect({ ...asked, passcode: '654321' })), '390127');
  await lab.connect({ ...asked, passcode: '123456' });
  await lab.connect({ ...asked, password: 'm-password123456', passcodeInPassword: true });
});

part('key pair', async (lab) => {
  const admin = await lab.connect();
  const pair = () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = pair();
  const pem = keys.publicKey.export({ type: 'spki', format: 'pem' });
  const body = pem.split('\n').filter((line) => line && !line.startsWith('-----')).join('');
  await lab.run(admin, `create user k rsa_public_key = '${body}'`);
  const login = (key) => lab.connect({
    username: 'K', password: undefined, authenticator: 'SNOWFLAKE_JWT', warehouse: undefined,
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }),
  });
  const connection = await login(keys.privateKey);
  assert.deepStrictEqual([...(await lab.run(connection, 'select current_user() as u'))], [{ U: 'K' }]);
  assert.strictEqual(await lab.codeOf(login(pair().privateKey)), '390144');
  const logins = (await lab.control({ command: 'journal' })).key_pair_logins;
  assert.strictEqual(logins.length, 1);
  assert.match(logins[0].subject, /\.K$/);
  assert.strictEqual(logins[0].times, 'milliseconds');  // as this driver writes them
});

part('tokens', async (lab) => {
  const give = (kind, token, seconds) =>
    lab.control({ command: 'token', kind, token, user: 'ADMIN', seconds });
  await give('oauth', 'oauth-good', 3600);
  await give('oauth', 'oauth-old', -5);
  await give('pat', 'pat-good', 3600);
  const by = (authenticator, token) => lab.connect({ username: 'ADMIN', password: undefined, authenticator, token });
  await by('OAUTH', 'oauth-good');
  assert.strictEqual(await lab.codeOf(by('OAUTH', 'oauth-old')), '390318');
  assert.strictEqual(await lab.codeOf(by('OAUTH', 'never-given')), '390303');
  await by('PROGRAMMATIC_ACCESS_TOKEN', 'pat-good');
  await lab.connect({ password: 'pat-good' });
});

part('values and binds', async (lab) => {
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
});

part('errors keep number, state and text', async (lab) => {
  const connection = await lab.connect();
  const error = await lab.run(connection, 'selec 1').catch((e) => e);
  assert.strictEqual(error.code, '001003');
  assert.strictEqual(error.sqlState, '42000');
  assert.match(error.message, /syntax error line 1 at position 0 unexpected 'selec'/);
  assert.strictEqual(await lab.codeOf(lab.run(connection, 'select * from nowhere.s.t')), '002003');
});

part('changes say how many rows', async (lab) => {
  const connection = await lab.connect();
  await lab.run(connection, 'create database counting');
  await lab.run(connection, 'create table t (a int, b varchar)');
  const inserted = await lab.run(connection, "insert into t values (1, 'x'), (2, 'y')");
  assert.strictEqual(inserted.statement.getNumUpdatedRows(), 2);
  assert.strictEqual((await lab.run(connection, 'delete from t where a = 1')).statement.getNumUpdatedRows(), 1);
});

part('results in chunks', async (lab) => {
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
});

part('renewal in the middle, executed once', async (lab) => {
  const connection = await lab.connect();
  await lab.run(connection, 'create database renewing');
  await lab.control({ command: 'expire' });
  await lab.run(connection, 'create table after_expiry (a int)');
  assert.strictEqual((await lab.journal('create table after_expiry')).length, 1);
  await lab.control({ command: 'fault', name: 'expire_token' });
  await lab.run(connection, 'select 2');
  await lab.control({ command: 'expire', what: 'master' });
  assert.notStrictEqual(await lab.codeOf(lab.run(connection, 'select 3')), 'none');
});

part('statements that take time', async (lab) => {
  const connection = await lab.connect();
  await lab.control({ command: 'options', poll_milliseconds: 100 });
  const rows = await lab.run(connection, 'select system$wait(1) as w, 7 as n');
  assert.strictEqual(rows[0].N, 7);
  const started = await lab.run(connection, 'select system$wait(1), 8 as n', { asyncExec: true });
  const id = started.statement.getQueryId();
  assert.strictEqual(await connection.getQueryStatus(id), 'RUNNING');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.strictEqual(await connection.getQueryStatus(id), 'SUCCESS');
  const found = await connection.getResultsFromQueryId({ queryId: id });
  const later = await new Promise((resolve, reject) => {
    const all = [];
    found.streamRows().on('data', (row) => all.push(row)).on('error', reject).on('end', () => resolve(all));
  });
  assert.strictEqual(later[0].N, 8);
});

part('cancel', async (lab) => {
  const connection = await lab.connect();
  const outcome = new Promise((resolve) => {
    const statement = connection.execute({
      sqlText: 'select system$wait(60)',
      complete: (error) => resolve(error ? String(error.code) : 'none'),
    });
    setTimeout(() => statement.cancel(), 500);
  });
  assert.strictEqual(await outcome, '000604');
  await lab.run(connection, 'alter session set statement_timeout_in_seconds = 1');
  assert.strictEqual(await lab.codeOf(lab.run(connection, 'select system$wait(60)')), '000630');
  await lab.control({ command: 'options', poll_milliseconds: 45000 });
});

part('throttled, unavailable and cut', async (lab) => {
  const connection = await lab.connect();
  await lab.run(connection, 'create database troubled');
  for (const name of ['throttle', 'unavailable', 'unavailable_after']) {
    await lab.control({ command: 'fault', name, times: 1 });
    await lab.run(connection, `create table t_${name} (a int)`);
    assert.strictEqual((await lab.journal(`create table t_${name}`)).length, 1);
  }
  await lab.control({ command: 'cut' });
  await lab.run(connection, 'select 1');
});

part('several statements in one request', async (lab) => {
  const connection = await lab.connect();
  const first = await lab.run(connection, 'select 1 as a; select 2 as a', { parameters: { MULTI_STATEMENT_COUNT: 2 } });
  assert.strictEqual(first[0].A, 1);
  assert.strictEqual(first.statement.hasNext(), true);
  assert.strictEqual(await lab.codeOf(lab.run(connection, 'select 1; select 2')), '000008');
});

part('time travel, clone, undrop', async (lab) => {
  const connection = await lab.connect();
  await lab.run(connection, 'create database travelled');
  await lab.run(connection, 'create table t (a int)');
  await lab.run(connection, 'insert into t values (1), (2)');
  await lab.control({ command: 'clock', advance: 60 });
  const erased = await lab.run(connection, 'delete from t');
  const id = erased.statement.getQueryId();
  const before = await lab.run(connection, `select count(*) as n from t before(statement => '${id}')`);
  assert.strictEqual(before[0].N, 2);
  await lab.run(connection, `create table c clone t before(statement => '${id}')`);
  await lab.run(connection, 'alter table t swap with c');
  assert.strictEqual((await lab.run(connection, 'select count(*) as n from t'))[0].N, 2);
  await lab.run(connection, 'drop database travelled');
  await lab.run(connection, 'undrop database travelled');
  assert.strictEqual((await lab.run(connection, 'select count(*) as n from travelled.public.t'))[0].N, 2);
});

part('PUT, COPY both ways, GET', async (lab) => {
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
  const unzipped = require('zlib').gunzipSync(fs.readFileSync(path.join(folder, back)));
  assert.ok(unzipped.equals(fs.readFileSync(file)));
  fs.rmSync(folder, { recursive: true });
});

part('SQL API', async (lab) => {
  await lab.control({ command: 'token', kind: 'pat', token: 'api-token', user: 'ADMIN', seconds: 3600 });
  const call = (method, url, body, headers = {}) => new Promise((resolve, reject) => {
    const request = https.request(lab.ready.uri + url, {
      method,
      headers: { Authorization: 'Bearer api-token', 'User-Agent': 'proof', 'Content-Type': 'application/json', ...headers },
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        let bytes = Buffer.concat(chunks);
        if (response.headers['content-encoding'] === 'gzip') bytes = require('zlib').gunzipSync(bytes);
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
  const slow = await post({ statement: 'select system$wait(1), 9' }, '?async=true');
  assert.deepStrictEqual([slow.status, slow.body.code], [202, '333334']);
  assert.strictEqual((await call('GET', slow.body.statementStatusUrl)).status, 202);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.strictEqual((await call('GET', slow.body.statementStatusUrl)).body.data[0][1], '9');
  const endless = await post({ statement: 'select system$wait(60)' }, '?async=true');
  assert.strictEqual((await call('POST', endless.body.statementStatusUrl + '/cancel')).status, 200);
  await lab.control({ command: 'options', rows_in_reply: 10, rows_in_chunk: 7 });
  const paged = await post({ statement: 'select seq4() from table(generator(rowcount => 20))' });
  assert.deepStrictEqual(paged.body.resultSetMetaData.partitionInfo.map((p) => p.rowCount), [10, 7, 3]);
  const last = await call('GET', paged.body.statementStatusUrl + '?partition=2');
  assert.deepStrictEqual(last.body.data, [['17'], ['18'], ['19']]);
  await lab.control({ command: 'options', rows_in_reply: 2000, rows_in_chunk: 5000 });
  await lab.control({ command: 'fault', name: 'throttle' });
  assert.strictEqual((await post({ statement: 'select 1' })).status, 429);
});

part('what was acknowledged before a kill is there after it', async (lab) => {
  const connection = await lab.connect();
  if (!process.env.PROOF_AFTER_KILL) {
    await lab.run(connection, 'create database killed');
    await lab.run(connection, 'create table t (a int)');
    await lab.run(connection, 'insert into t values (1), (2), (3)');
    return;
  }
  assert.strictEqual((await lab.run(connection, 'select sum(a) as s from killed.public.t'))[0].S, 6);
});

async function child() {
  const lab = new Lab(JSON.parse(fs.readFileSync(process.env.PROOF_READY)));
  const chosen = process.env.PROOF_AFTER_KILL ? parts.slice(-1) : parts;
  for (const { name, run } of chosen) {
    await run(lab);
    console.log('ok ' + name);
  }
  process.exit(0);
}

function ended(process_) {
  return new Promise((resolve) => process_.on('exit', (code) => resolve(code)));
}

async function startDouble(folder, settings) {
  const file = path.join(folder, 'ready.json');
  fs.rmSync(file, { force: true });
  const server = spawn(process.argv[2], ['--data', folder, '--ready-file', file, ...settings], { stdio: 'inherit' });
  for (let tries = 0; !fs.existsSync(file); ++tries) {
    if (tries > 600 || server.exitCode !== null) throw new Error('the double does not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { server, file, ready: JSON.parse(fs.readFileSync(file)) };
}

async function parent() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'snowflake-double-'));
  const settings = [];
  // Older drivers know Azure's own addresses only.
  const { version } = require('snowflake-sdk/package.json');
  const reachesAzurite = Number(version.split('.')[0]) >= 3;
  console.log(`snowflake-sdk ${version}` + (reachesAzurite ? '' : ': cannot be sent to azurite, stages are a folder'));
  if (process.argv[3] && reachesAzurite) {
    const given = Object.fromEntries(process.argv[3].split(';').filter(Boolean).map((pair) => {
      const equal = pair.indexOf('=');
      return [pair.slice(0, equal), pair.slice(equal + 1)];
    }));
    for (const pair of [`azure_endpoint=${given.BlobEndpoint}`, `azure_account=${given.AccountName}`,
      `azure_key=${given.AccountKey}`]) {
      settings.push('--set', pair);
    }
  }
  let status = 1;
  let started;
  try {
    for (const afterKill of ['', '1']) {
      started = await startDouble(folder, settings);
      status = await ended(spawn(process.execPath, [__filename], {
        stdio: 'inherit',
        env: { ...process.env, PROOF_READY: started.file, PROOF_AFTER_KILL: afterKill, NODE_EXTRA_CA_CERTS: started.ready.certificate },
      }));
      const gone = ended(started.server);
      started.server.kill('SIGKILL');
      await gone;
      if (status !== 0) break;
    }
  } finally {
    if (started) started.server.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }
  process.exit(status);
}

process.env.PROOF_READY ? child() : parent();
