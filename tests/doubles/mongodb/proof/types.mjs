// Documents with every BSON type, made by the driver's own classes.
import { createRequire } from 'node:module';
import net from 'node:net';
const require = createRequire(`${process.env.DBSTOW_TEST_MONGODB_DRIVER}/x.js`);
export const mongodb = require('mongodb');
const { BSON, Binary, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp,
        UUID, BSONRegExp, BSONSymbol, DBRef } = mongodb;

export function everyType() {
  return {
    _id: new ObjectId('65a1b2c3d4e5f60718293a4b'),
    double: new Double(1.5),
    negativeZero: new Double(-0.0),
    infinity: new Double(Infinity),
    string: 'text with a zero \u0000 and a snowman \u2603',
    empty: '',
    object: { nested: { deep: [1, { x: null }] } },
    array: [new Int32(1), Long.fromString('9007199254740993'), 'three', [], {}],
    binary: new Binary(Buffer.from([0, 1, 2, 255]), 0),
    userBinary: new Binary(Buffer.from('abc'), 0x80),
    uuid: new UUID('0123456789abcdef0123456789abcdef'),
    objectId: new ObjectId('000000000000000000000001'),
    bool: true,
    date: new Date(-1),
    null: null,
    regex: new BSONRegExp('^a.*b$', 'im'),
    code: new Code('function () { return 1; }'),
    scoped: new Code('function () { return x; }', { x: new Int32(1) }),
    symbol: new BSONSymbol('old'),
    int: new Int32(-7),
    timestamp: new Timestamp({ t: 4294967295, i: 4294967295 }),
    long: Long.fromString('-9223372036854775808'),
    decimal: Decimal128.fromString('-123456789012345678901234567890.1234'),
    decimalNaN: Decimal128.fromString('NaN'),
    min: new MinKey(),
    max: new MaxKey(),
    ref: new DBRef('other', new ObjectId('000000000000000000000002')),
    '': 'a field without a name',
    'dotted.name': 1,
    $dollar: 2,
  };
}

/// The bytes of a document as the server sent them, compared with those that were sent.
export const bytesOf = (document) => Buffer.from(BSON.serialize(document)).toString('hex');

/// One command to the control port.
export function controlAt(port, request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(JSON.stringify(request) + '\n'));
    socket.on('error', reject);
    socket.on('data', (data) => { socket.end(); resolve(JSON.parse(data)); });
  });
}
/// To the one that the script was given as its second argument.
export const control = (request) => controlAt(Number(process.argv[3]), request);

export function check(condition, what) {
  if (!condition) {
    console.error(`FAILED: ${what}`);
    process.exitCode = 1;
    throw new Error(what);
  }
}

export async function refused(promise, code, what) {
  let failure;
  try {
    await promise;
  } catch (error) {
    failure = error;
  }
  check(failure !== undefined, `${what}: was not refused`);
  check(failure.code === code, `${what}: code ${failure.code} (${failure.message}), not ${code}`);
  return failure;
}
