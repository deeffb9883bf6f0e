// Runs before the tests of every `*.unit.test.ts`. Makes a unit test fail if the test starts a process or opens a
// connection.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';

const refused = (): never => {
  throw new Error(
    'A unit test must not start a process or open a connection. Remove `.unit` from the name of the test file.',
  );
};
// The method `ChildProcess.prototype.spawn` starts every asynchronous child process.
Object.assign(childProcess.ChildProcess.prototype, { spawn: refused });
Object.assign(childProcess, { spawnSync: refused, execSync: refused, execFileSync: refused });
syncBuiltinESMExports();
Object.assign(Socket.prototype, { connect: refused });
Object.assign(Server.prototype, { listen: refused });
