// tedious on the double: logins, the chain, parameters, transactions, live messages, attention.
const fs = require('fs');
const path = require('path');
const { Connection, Request, TYPES } = require('tedious');

const [host, port] = process.env.DOUBLE.split(':');
const certificate = process.env.CERTIFICATE;

function assert(condition, what) {
  if (!condition) throw new Error('not so: ' + what);
}

function connect(encrypt, password = process.env.PASSWORD) {
  return new Promise((resolve, reject) => {
    const connection = new Connection({
      server: host,
      authentication: { type: 'default', options: { userName: 'sa', password } },
      options: {
        port: Number(port), encrypt, trustServerCertificate: false, connectTimeout: 30000,
        requestTimeout: 60000, serverName: 'localhost',
        cryptoCredentialsDetails: { ca: fs.readFileSync(certificate) },
      },
    });
    connection.errors = [];
    connection.infos = [];
    connection.on('infoMessage', (m) => connection.infos.push(m));
    connection.on('errorMessage', (m) => connection.errors.push([m.number, m.class]));
    connection.connect((error) => (error ? reject(error) : resolve(connection)));
  });
}

// The numbers and severities of the errors, the numbers, the rows, the messages and when they came.
function run(connection, sql, { parameters = [], batch = false, started } = {}) {
  return new Promise((resolve) => {
    connection.errors.length = 0;
    connection.infos.length = 0;
    const rows = [];
    const request = new Request(sql, (error) => {
      const failures = [...connection.errors];
      resolve({ error, failures, errors: failures.map((f) => f[0]), infos: [...connection.infos], rows });
    });
    for (const [name, type, value] of parameters) request.addParameter(name, type, value);
    request.on('row', (columns) => rows.push(columns.map((c) => c.value)));
    if (batch) connection.execSqlBatch(request);
    else connection.execSql(request);
    if (started) started(connection, request);
  });
}

async function chain(connection) {
  const kept = {};
  for (const name of ['chain.json', 'errors.json']) {
    for (const step of JSON.parse(fs.readFileSync(path.join(__dirname, name), 'utf8'))) {
      const { failures, rows } = await run(connection, step.sql, { batch: true });
      assert(JSON.stringify(failures) === JSON.stringify(step.errors || []),
        `${step.sql}: ${JSON.stringify(failures)}`);
      if (step.value) assert(String(rows[0][0]) === step.value, `${step.sql}: ${rows}`);
      if (step.keep) kept[step.keep] = JSON.stringify(rows);
      if (step.same) assert(kept[step.same] === JSON.stringify(rows), `${step.sql}: ${rows}`);
    }
  }
}

function control(request) {
  const [controlHost, controlPort] = process.env.CONTROL.split(':');
  return new Promise((resolve, reject) => {
    const socket = require('net').connect(Number(controlPort), controlHost, () => {
      socket.write(JSON.stringify(request) + '\n');
    });
    socket.on('data', (data) => { socket.end(); resolve(JSON.parse(data)); });
    socket.on('error', reject);
  });
}

async function parameters(connection) {
  const { rows, error } = await run(connection, 'SELECT @a + 1, @b, @c, @d', {
    parameters: [['a', TYPES.Int, 41], ['b', TYPES.NVarChar, 'Grüße 😀'], ['c', TYPES.Bit, true],
      ['d', TYPES.VarBinary, Buffer.from([1, 2])]],
  });
  assert(!error, error);
  assert(rows[0][0] === 42 && rows[0][1] === 'Grüße 😀' && rows[0][2] === true, rows[0]);
  assert(rows[0][3].equals(Buffer.from([1, 2])), 'varbinary');
  const wide = await run(connection, "SELECT CAST('17126658000000314200037' AS numeric(25,0)), "
    + "CAST('2026-11-26T11:40:20.123' AS datetime), CAST(NULL AS int), N'" + 'x'.repeat(5000) + "'");
  assert(!wide.error, wide.error);
  assert(Math.abs(wide.rows[0][0] / 17126658000000314200037 - 1) < 1e-12, 'numeric(25,0), as far as tedious goes');
  assert(wide.rows[0][1].toISOString() === '2026-11-26T11:40:20.123Z', wide.rows[0][1]);
  assert(wide.rows[0][2] === null && wide.rows[0][3].length === 5000, 'NULL and nvarchar(max)');
  const prepared = await new Promise((resolve, reject) => {
    const values = [];
    const request = new Request('SELECT @n * 2', (e) => (e ? reject(e) : resolve(values)));
    request.addParameter('n', TYPES.Int);
    request.on('row', (columns) => values.push(columns[0].value));
    request.on('prepared', () => connection.execute(request, { n: 21 }));
    connection.prepare(request);
  });
  assert(prepared[0] === 42, 'prepared');
}

async function transactions(connection) {
  await run(connection, 'CREATE DATABASE tx', { batch: true });
  await run(connection, 'CREATE TABLE tx.dbo.t (a int)', { batch: true });
  await new Promise((resolve, reject) => connection.beginTransaction((e) => (e ? reject(e) : resolve())));
  await run(connection, 'INSERT INTO tx.dbo.t VALUES (1)');
  const inside = await run(connection, "BACKUP DATABASE tx TO DISK = 'tx.bak'");
  assert(inside.errors.join() === '3021,3013', inside.errors);
  await new Promise((resolve, reject) => connection.rollbackTransaction((e) => (e ? reject(e) : resolve())));
  assert((await run(connection, 'SELECT COUNT(*) FROM tx.dbo.t')).rows[0][0] === 0, 'rolled back');
}

async function liveAndCancelled(connection) {
  await control({ command: 'faults', step_ms: 5 });
  const times = [];
  const listener = () => times.push(Date.now());
  connection.on('infoMessage', listener);
  const live = await run(connection, "BACKUP DATABASE tx TO DISK = 'live.bak' WITH FORMAT, STATS = 10",
    { batch: true });
  connection.removeListener('infoMessage', listener);
  assert(!live.error, live.error);
  assert(live.infos.filter((m) => m.number === 3211).length === 10, 'ten messages');
  assert(times[times.length - 1] > times[0], 'messages come while it runs');
  await control({ command: 'faults', step_ms: 50 });
  const cancelled = await run(connection, "BACKUP DATABASE tx TO DISK = 'cut.bak' WITH STATS = 1",
    { batch: true, started: (c) => c.once('infoMessage', () => c.cancel()) });
  assert(cancelled.error && cancelled.error.code === 'ECANCEL', cancelled.error);
  await control({ command: 'faults', step_ms: 0 });
  const after = await run(connection, 'SELECT 7', { batch: true });
  assert(!after.error && after.rows[0][0] === 7, 'the connection goes on');
}

// Another session sees how far a backup is, and ends it.
async function watchedAndKilled(connection) {
  const victim = await connect(true);
  victim.on('error', () => {});  // the end of the connection is what is wanted
  const id = (await run(victim, 'SELECT @@SPID', { batch: true })).rows[0][0];
  await control({ command: 'faults', step_ms: 50 });
  const watch = async () => {
    const seen = await run(connection, 'SELECT command, percent_complete FROM sys.dm_exec_requests '
      + `WHERE session_id = ${id}`, { batch: true });
    await run(connection, `KILL ${id}`, { batch: true });
    return seen.rows[0];
  };
  let watched;
  const killed = await run(victim, "BACKUP DATABASE tx TO DISK = 'killed.bak' WITH STATS = 1", {
    batch: true, started: (c) => c.once('infoMessage', () => { watched = watch(); }),
  });
  const [command, percent] = await watched;
  await control({ command: 'faults', step_ms: 0 });
  assert(killed.error, 'the killed session hears of it');
  assert(command === 'BACKUP DATABASE' && percent > 0, `${command} ${percent}`);
  const left = await run(connection, "RESTORE HEADERONLY FROM DISK = 'killed.bak'", { batch: true });
  assert(left.errors.join() === '3201,3013', left.errors);
  const again = await run(connection, "BACKUP DATABASE tx TO DISK = 'killed.bak'", { batch: true });
  assert(!again.error, again.error);
}

// The server fails as it is told to, and the connection goes when it is not to stay.
async function faults() {
  const set = (...statements) => control({ command: 'faults', statements });
  const backup = "BACKUP DATABASE model TO DISK = 'fault.bak' WITH FORMAT, COPY_ONLY, STATS = 10";
  const connection = await connect(false);
  connection.on('error', () => {});
  const full = { number: 9002, severity: 17, text: 'The log is full.' };
  await set({ statement: 'SELECT', nth: 2, errors: [full] });
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push((await run(connection, 'SELECT 1', { batch: true })).failures);
  assert(JSON.stringify(answers) === '[[],[[9002,17]],[]]', JSON.stringify(answers));
  await set({ statement: 'BACKUP', at_percent: 55, errors: [{ number: 3202 }, { number: 3271 }] });
  const failed = await run(connection, backup, { batch: true });
  assert(failed.errors.join() === '3202,3271,3013', failed.errors);
  assert(failed.infos.filter((m) => m.number === 3211).length === 5, 'in the middle of it');
  await set({ statement: 'BACKUP', at_percent: 55, cut: true });
  const cut = await run(connection, backup, { batch: true });
  assert(cut.error && cut.error.code !== 'EREQUEST' && cut.errors.length === 0, cut.error);
  const other = await connect(false);
  other.on('error', () => {});
  const left = await run(other, "RESTORE HEADERONLY FROM DISK = 'fault.bak'", { batch: true });
  assert(left.errors.join() === '3201,3013', left.errors);
  const ended = new Promise((resolve) => other.on('end', resolve));
  await set({ statement: 'SELECT', errors: [{ number: 824, severity: 24 }] });
  const fatal = await run(other, 'SELECT 1', { batch: true });
  assert(JSON.stringify(fatal.failures) === '[[824,24]]', JSON.stringify(fatal.failures));
  await ended;  // severity 20 and more ends the session
  await set();
}

// A page goes bad, which checksums find, and comes back with the database offline.
async function pageRestored(connection) {
  const step = async (sql, ...errors) => {
    const done = await run(connection, sql, { batch: true });
    assert(JSON.stringify(done.errors) === JSON.stringify(errors), `${sql}: ${done.errors}`);
    return done.rows;
  };
  await step('CREATE DATABASE pages');
  await step("BACKUP DATABASE pages TO DISK = 'pages.bak' WITH FORMAT, CHECKSUM");
  await step('CREATE TABLE pages.dbo.t (a int)');
  await control({ command: 'database', database: 'pages', bad_page: true });
  await step("BACKUP DATABASE pages TO DISK = 'bad.bak' WITH FORMAT, CHECKSUM", 3043, 3013);
  const [[file, page]] = await step('SELECT file_id, page_id FROM msdb.dbo.suspect_pages WHERE '
    + "database_id = DB_ID(N'pages') AND event_type < 4");
  await step("BACKUP LOG pages TO DISK = 'tail.bak' WITH FORMAT, NORECOVERY");
  await step(`RESTORE DATABASE pages PAGE = '${file}:${page}' FROM DISK = 'pages.bak' WITH NORECOVERY`);
  await step("RESTORE LOG pages FROM DISK = 'tail.bak' WITH RECOVERY");
  await step("BACKUP DATABASE pages TO DISK = 'good.bak' WITH FORMAT, CHECKSUM");
  await step('SELECT a FROM pages.dbo.t');
}

(async () => {
  for (const encrypt of [true, false]) {
    const wrong = await connect(encrypt, 'wrong').then(() => null, (error) => error);
    assert(wrong && wrong.code === 'ELOGIN', wrong);
    const connection = await connect(encrypt);
    await chain(connection);
    if (encrypt) {
      await parameters(connection);
      await transactions(connection);
      await liveAndCancelled(connection);
      await watchedAndKilled(connection);
      await pageRestored(connection);
      await faults();
    }
    connection.close();
  }
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
