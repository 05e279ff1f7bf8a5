/** A Redis server of the test's own, on a port of its own, with or without memory of what it was told. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';

const BINARY = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** Prints the sentence that names what is missing. */
export function haveRedis(): boolean {
  if (!BINARY) process.stderr.write('skipped: redis-server is not installed (apt-get install redis-server)\n');
  return BINARY !== undefined;
}

/** Prints the sentence that names what is missing. */
export function haveOpenssl(): boolean {
  const have = spawnSync('openssl', ['version']).status === 0;
  if (!have) process.stderr.write('skipped: openssl is not installed (apt-get install openssl)\n');
  return have;
}

export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
  ) {}

  /** Starts one; `args` as on redis-server's command line. */
  static async start(folder: string, ...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), [
      '--dir',
      folder,
      '--bind',
      '127.0.0.1',
      '--loglevel',
      'warning',
      ...args,
    ]);
    await server.begin();
    return server;
  }

  get url(): string {
    return `${this.tls ? 'rediss' : 'redis'}://127.0.0.1:${this.port}`;
  }

  /** Behind a certificate, which is its own authority. */
  private get tls(): { readonly ca: Buffer } | undefined {
    const at = this.args.indexOf('--tls-cert-file');
    return at < 0 ? undefined : { ca: readFileSync(this.args[at + 1] as string) };
  }

  /** A connection of the test's own. */
  connect(): Redis {
    const at = this.args.indexOf('--requirepass');
    const client = new Redis({
      host: '127.0.0.1',
      port: this.port,
      ...(at < 0 ? {} : { password: this.args[at + 1] as string }),
      ...(this.tls ? { tls: this.tls } : {}),
      maxRetriesPerRequest: null,
      retryStrategy: () => 50,
    });
    client.on('error', () => {});
    return client;
  }

  async begin(): Promise<void> {
    const port = String(this.port);
    const ports = this.tls ? ['--port', '0', '--tls-port', port] : ['--port', port];
    this.child = spawn(BINARY as string, [...ports, ...this.args], { stdio: 'ignore' });
    const client = this.connect();
    await client.ping();
    client.disconnect();
  }

  /** SIGTERM: it writes what it is configured to keep; SIGKILL: it does not. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
