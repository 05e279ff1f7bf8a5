/**
 * The server that holds the queue: its address, which is honoured and never printed with its password, the two packages that
 * speak to it, loaded only where they are used, and what is said while it does not answer.
 */
import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { InputError } from '../exact/index.ts';

export type Bullmq = typeof import('bullmq');

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly maxRetriesPerRequest: null;
  readonly retryStrategy: (times: number) => number;
  username?: string;
  password?: string;
  tls?: { readonly servername?: string };
}

/** An address without its user and password, and what to connect with. */
export interface RedisAddress {
  readonly shown: string;
  readonly options: Settings;
}

/**
 * Reads redis://user:password@host:port/db, or rediss:// for TLS. Throws InputError with a sentence that repeats nothing of
 * what was given.
 */
export function redisAddress(text: string, where = '--redis'): RedisAddress {
  const expected = `${where}: expected a URL such as redis://host:6379 or rediss://user:password@host:6380/0`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InputError(expected);
  }
  const { protocol, pathname } = url;
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw new InputError(expected);
  const db = /^\/?(\d{0,5})$/.exec(pathname)?.[1];
  if (url.hostname === '' || db === undefined || url.search !== '' || url.hash !== '') throw new InputError(expected);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? 6379 : Number(url.port);
  const options: Settings = {
    host,
    port,
    db: Number(db),
    // Commands wait for the server to come back, however long that takes.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 5), 2000),
  };
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  if (username) options.username = username;
  if (password) options.password = password;
  // A name is asked for by its name; an address is checked as it is.
  if (protocol === 'rediss:') options.tls = isIP(host) === 0 ? { servername: host } : {};
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { shown: `${protocol}//${shownHost}:${port}${db ? `/${db}` : ''}`, options };
}

/** The packages, or a sentence that says how to get them. */
export async function loadBullmq(): Promise<{ bullmq: Bullmq; Redis: typeof Redis }> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, Redis: ending(ioredis.Redis) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError('bullmq: expected the packages bullmq and ioredis beside dyadnet: npm install bullmq ioredis');
  }
}

/**
 * Clients that can always be ended. One that waits before it tries again would only stop trying: no `end` is emitted, its
 * commands stay in their queue, and a queue that closes waits for both for ever.
 */
function ending(Base: typeof Redis): typeof Redis {
  return class Ending extends Base {
    override disconnect(reconnect = false): void {
      // A client that has not begun ends at once.
      if (!reconnect && this.status === 'reconnecting') this.status = 'wait';
      super.disconnect(reconnect);
    }

    /** The queue duplicates connections for its own use. */
    override duplicate(options?: Partial<RedisOptions>): Redis {
      return new Ending({ ...this.options, ...options } as RedisOptions & { replyMapping?: 'legacy' });
    }
  };
}

/** A connection that says when the server is away and when it is back. */
export class Connection {
  readonly client: Redis;
  /** Resolves when the server has answered for the first time. */
  readonly ready: Promise<void>;
  /** Settles, with an InputError, when waiting is of no use: a password or a certificate is refused. */
  readonly refused: Promise<never>;
  private readonly opened: Redis[] = [];
  private away = false;
  private closing = false;

  constructor(
    readonly address: RedisAddress,
    private readonly Client: typeof Redis,
    say: (sentence: string) => void,
    /** Called when the server is back: it may have forgotten what it was told. */
    onBack: () => void = () => {},
  ) {
    const { shown } = address;
    this.client = this.open();
    this.ready = new Promise((resolve) => this.client.once('ready', () => resolve()));
    let refuse: (error: InputError) => void;
    this.refused = new Promise((_, reject) => {
      refuse = reject;
    });
    this.refused.catch(() => {});
    this.client.on('error', (error: NodeJS.ErrnoException) => {
      if (/^(WRONGPASS|NOAUTH|NOPERM|ERR.*(AUTH|password))/.test(error.message)) {
        refuse(new InputError(`${shown}: the server does not accept the user and password of the URL`));
      } else if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.code ?? '')) {
        const how = 'a private authority is named in NODE_EXTRA_CA_CERTS';
        refuse(new InputError(`${shown}: expected a certificate that is trusted here (${how}), got ${error.code}`));
      } else if (!this.away) {
        this.away = true;
        say(`${shown} does not answer (${error.code ?? error.name}): waiting for it`);
      }
    });
    this.client.on('close', () => {
      if (this.away || this.closing) return;
      this.away = true;
      say(`${shown} has closed the connection: waiting for it`);
    });
    this.client.on('ready', () => {
      if (!this.away) return;
      this.away = false;
      say(`${shown} answers again`);
      onBack();
    });
  }

  /** Another connection to the same server, which says nothing. */
  open(): Redis {
    const client = new this.Client(this.address.options);
    client.on('error', () => {});
    this.opened.push(client);
    return client;
  }

  /** Ends every connection. */
  close(): void {
    this.closing = true;
    for (const client of this.opened) client.disconnect();
  }
}
