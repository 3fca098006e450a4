'use strict';
const assert = require('assert');
const crypto = require('crypto');

module.exports = {
  async 'passwords'(lab) {
    await lab.connect();
    assert.strictEqual(await lab.codeOf(lab.connect({ password: 'wrong' })), '390100');
    assert.strictEqual(await lab.codeOf(lab.connect({ username: 'NOBODY' })), '390100');
    assert.strictEqual(await lab.codeOf(lab.connect({ role: 'NOROLE' })), '390189');
  },
  async 'password with a passcode'(lab) {
    const admin = await lab.connect();
    await lab.run(admin, "create user m password = 'm-password'");
    await lab.control({ command: 'user', name: 'M', mfa_passcode: '123456' });
    const mfa = { username: 'M', password: 'm-password', warehouse: undefined };
    const asked = { ...mfa, authenticator: 'USERNAME_PASSWORD_MFA' };
    assert.strictEqual(await lab.codeOf(lab.connect(mfa)), '390197');
    assert.strictEqual(await lab.codeOf(lab.connect({ ...asked, passcode: '654321' })), '390127');
    await lab.connect({ ...asked, passcode: '123456' });
    await lab.connect({ ...asked, password: 'm-password123456', passcodeInPassword: true });
  },
  async 'key pair'(lab) {
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
  },
  async 'tokens'(lab) {
    const give = (kind, token, seconds) =>
      lab.control({ command: 'token', kind, token, user: 'ADMIN', seconds });
    const by = (authenticator, token) => lab.connect({ username: 'ADMIN', password: undefined, authenticator, token });
    for (const [kind, authenticator, unknown, expired] of [['oauth', 'OAUTH', '390303', '390318'],
      ['pat', 'PROGRAMMATIC_ACCESS_TOKEN', '394400', '394400']]) {
      await give(kind, `${kind}-good`, 3600);
      await give(kind, `${kind}-old`, -5);
      await by(authenticator, `${kind}-good`);
      assert.strictEqual(await lab.codeOf(by(authenticator, `${kind}-old`)), expired);
      assert.strictEqual(await lab.codeOf(by(authenticator, 'never-given')), unknown);
    }
    // One kind of token is not another; a programmatic one also stands for a password.
    assert.strictEqual(await lab.codeOf(by('OAUTH', 'pat-good')), '390303');
    await lab.connect({ password: 'pat-good' });
  },
  async 'sessions of every kind of login end and are renewed'(lab) {
    const admin = await lab.connect();
    await lab.run(admin, "create user renewed password = 'r-password'");
    await lab.control({ command: 'user', name: 'RENEWED', mfa_passcode: '123456' });
    const keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    const body = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    await lab.run(admin, `alter user renewed set rsa_public_key = '${body}'`);
    for (const kind of ['oauth', 'pat']) {
      await lab.control({ command: 'token', kind, token: `${kind}-renewed`, user: 'RENEWED', seconds: 100000 });
    }
    const token = (authenticator, text) => ({ password: undefined, authenticator, token: text });
    const kinds = {
      passcode: { password: 'r-password', authenticator: 'USERNAME_PASSWORD_MFA', passcode: '123456' },
      key: { password: undefined, authenticator: 'SNOWFLAKE_JWT', privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      oauth: token('OAUTH', 'oauth-renewed'),
      pat: token('PROGRAMMATIC_ACCESS_TOKEN', 'pat-renewed'),
    };
    for (const [kind, options] of Object.entries(kinds)) {
      const connection = await lab.connect({ username: 'RENEWED', warehouse: undefined, ...options });
      await lab.advance(3700);  // a session lives an hour
      const sql = `show users like 'RENEWED' -- ${kind}`;
      await lab.run(connection, sql);
      assert.strictEqual((await lab.journal(sql)).length, 1, kind);
      await lab.control({ command: 'expire', what: 'master' });
      assert.notStrictEqual(await lab.codeOf(lab.run(connection, 'select 1')), 'none', kind);
    }
  },
  async 'a key whose token is too old is refused'(lab) {
    const admin = await lab.connect();
    const keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    const body = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    await lab.run(admin, `create user late rsa_public_key = '${body}'`);
    const login = () => lab.connect({ username: 'LATE', password: undefined, authenticator: 'SNOWFLAKE_JWT',
      warehouse: undefined, privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) });
    const now = Date.now;
    Date.now = () => now() - 7200000;  // a client whose clock is two hours slow
    try {
      assert.strictEqual(await lab.codeOf(login()), '390144');
    } finally {
      Date.now = now;
    }
    await login();
  },
  async 'roles deny'(lab) {
    const admin = await lab.connect();
    for (const sql of ['create database guarded', 'create table t (a int)', 'create role reader', "create user r password = 'r'",
      'grant role reader to user r', 'grant usage on database guarded to role reader', 'grant usage on schema guarded.public to role reader',
      'grant select on table t to role reader', 'grant usage on warehouse compute_wh to role reader']) {
      await lab.run(admin, sql);
    }
    const reader = await lab.connect({ username: 'R', password: 'r', role: 'READER', database: 'GUARDED', schema: 'PUBLIC' });
    assert.deepStrictEqual(await lab.rows(reader, 'select * from t'), []);
    for (const sql of ['insert into t values (1)', 'drop table t', 'create table u clone t', 'alter table t rename to u', 'use role accountadmin']) {
      assert.match(await lab.codeOf(lab.run(reader, sql)), /^(003001|003013)$/, sql);
    }
    await lab.run(admin, 'revoke select on table t from role reader');
    assert.strictEqual(await lab.codeOf(lab.run(reader, 'select * from t')), '002003');
  },
};
