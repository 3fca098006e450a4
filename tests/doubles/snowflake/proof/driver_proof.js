// The vendor's unmodified driver against the double. Usage: node driver_proof.js DOUBLE [AZURITE]
// with NODE_PATH at the folder that has snowflake-sdk. AZURITE is the connection string of a blob
// server; with it stages are blobs that the driver encrypts, without it a folder.
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawn } = require('child_process');
const { Lab } = require('./lab.js');
const kill = require('./parts/kill.js');

const PARTS = ['logins', 'statements', 'history', 'faults', 'crowd', 'stages', 'sql_api'];

// What a child does, by the name that it is given.
const CHILDREN = {
  async proof(lab) {
    for (const file of PARTS) {
      for (const [name, run] of Object.entries(require(`./parts/${file}.js`))) {
        await run(lab);
        console.log('ok ' + name);
      }
    }
  },
  write: (lab) => kill.write(lab, process.env.PROOF_ACKNOWLEDGED),
  compare: (lab) => kill.compare(lab, process.env.PROOF_ACKNOWLEDGED),
};

async function child() {
  process.exitCode = 1;  // also when a promise is never kept
  await CHILDREN[process.env.PROOF_CHILD](new Lab(JSON.parse(fs.readFileSync(process.env.PROOF_READY))));
  process.exit(0);
}

function ended(process_) {
  return new Promise((resolve) => process_.on('exit', (code) => resolve(code)));
}

// The double and its clients, in a folder that goes with them.
class Bench {
  constructor(settings) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'snowflake-double-'));
    this.file = path.join(this.folder, 'ready.json');
    this.acknowledged = path.join(this.folder, 'acknowledged');
    this.settings = settings;
  }
  async start() {
    fs.rmSync(this.file, { force: true });
    this.server = spawn(process.argv[2], ['--data', this.folder, '--ready-file', this.file, ...this.settings], { stdio: 'inherit' });
    while (!fs.existsSync(this.file)) {
      if (this.server.exitCode !== null) throw new Error('the double does not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.certificate = JSON.parse(fs.readFileSync(this.file)).certificate;
  }
  spawnChild(name) {
    return spawn(process.execPath, [__filename], {
      stdio: 'inherit',
      env: { ...process.env, PROOF_CHILD: name, PROOF_READY: this.file, PROOF_ACKNOWLEDGED: this.acknowledged,
        NODE_EXTRA_CA_CERTS: this.certificate },
    });
  }
  async run(name) {
    const status = await ended(this.spawnChild(name));
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
  }
  // SIGKILL, once the clients have had this many statements acknowledged and are sending more.
  async killAtWork(count) {
    const writer = this.spawnChild('write');
    const gone = ended(writer);
    const lines = () => (fs.existsSync(this.acknowledged) ? fs.readFileSync(this.acknowledged, 'utf8').split('\n').length - 1 : 0);
    while (lines() < count) {
      if (writer.exitCode !== null) throw new Error('the writer ended by itself');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.kill();
    writer.kill('SIGKILL');
    await gone;
  }
  async kill() {
    const gone = ended(this.server);
    this.server.kill('SIGKILL');
    await gone;
  }
  close() {
    if (this.server) this.server.kill('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

function azureSettings(connectionString) {
  const given = Object.fromEntries(connectionString.split(';').filter(Boolean).map((pair) => {
    const equal = pair.indexOf('=');
    return [pair.slice(0, equal), pair.slice(equal + 1)];
  }));
  return [`azure_endpoint=${given.BlobEndpoint}`, `azure_account=${given.AccountName}`, `azure_key=${given.AccountKey}`]
    .flatMap((pair) => ['--set', pair]);
}

async function parent() {
  // Older drivers know Azure's own addresses only.
  const { version } = require('snowflake-sdk/package.json');
  const reachesAzurite = Number(version.split('.')[0]) >= 3;
  console.log(`snowflake-sdk ${version}` + (reachesAzurite ? '' : ': cannot be sent to azurite, stages are a folder'));
  const bench = new Bench(process.argv[3] && reachesAzurite ? azureSettings(process.argv[3]) : []);
  try {
    await bench.start();
    await bench.run('proof');
    await bench.killAtWork(150);
    await bench.start();
    await bench.run('compare');
    console.log('ok what was acknowledged before a kill is there after it');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    bench.close();
  }
}

process.env.PROOF_CHILD ? child() : parent();
