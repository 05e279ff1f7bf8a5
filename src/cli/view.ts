import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../exact/index.ts';
import { wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { readBytes } from './files.ts';
import { openNetwork } from './network.ts';
import { note, printJson } from './output.ts';

interface Options {
  port?: number;
  json?: boolean;
  quiet?: boolean;
}

/** `dyadnet view`: the page on this machine's own address, with a network's file already open in it. */
export const defineView: Define = (command, done) => {
  command
    .argument('[file]', 'network (.dyad, .onnx, .nnet) or table to open in the page')
    .option('--port <n>', 'port on 127.0.0.1 (default: any free one)', wholeOption('--port', 0, 65535))
    .option('--quiet', 'print the address only')
    .option('--json', 'print the address as one JSON object')
    .addHelpText(
      'after',
      '\nServes until it is interrupted (Ctrl-C), to this machine only.\n\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet view square.dyad\n',
    )
    .action(async (path: string | undefined, options: Options) => {
      const bytes = path === undefined ? undefined : checked(path);
      const server = serve(pageFolder(), path === undefined || !bytes ? undefined : { name: basename(path), bytes });
      const port = await listening(server, options.port ?? 0);
      const query = path === undefined ? '' : `?open=${encodeURIComponent(basename(path))}`;
      const url = `http://127.0.0.1:${port}/${query}`;
      if (options.json) printJson({ url, port, ...(path === undefined ? {} : { file: path }) });
      else process.stdout.write(`${url}\n`);
      if (!options.quiet && !options.json) note('dyadnet: open this address in a browser; Ctrl-C ends it');
      await ended(server);
      done(0);
    });
};

/** A network is read once here, so that what is wrong with it is said on the command line. */
function checked(path: string): Uint8Array {
  if (/\.(dyad|onnx|nnet)$/i.test(path)) openNetwork(path);
  return readBytes(path);
}

/** Where the built page lies: beside this program's own files. */
function pageFolder(): string {
  for (const place of ['./web/', '../web/', '../../dist/web/']) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(join(folder, 'index.html'))) return folder;
  }
  throw new InputError('view: the page is not built here (npm run build)');
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** The page's files, and the opened one under /opened/; everything else is not found. */
function serve(folder: string, opened: { name: string; bytes: Uint8Array } | undefined): Server {
  return createServer((request, response) => {
    const refuse = (status: number): void => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
    };
    // Another site's name that points to this machine must not read what is served here.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return refuse(403);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    let path: string;
    try {
      path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
    } catch {
      return refuse(400);
    }
    const send = (type: string, body: Uint8Array): void => {
      const headers = {
        'content-type': type,
        'content-length': body.length,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      };
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body);
    };
    if (opened && path === `/opened/${opened.name}`) return send('application/octet-stream', opened.bytes);
    // Only names that the build gives: no folders above, no hidden files.
    const name = path === '/' ? 'index.html' : path.slice(1);
    if (!/^(assets\/)?[\w.-]+$/.test(name) || normalize(name) !== name || name.startsWith('.')) return refuse(404);
    const type = TYPES[extname(name)];
    const file = join(folder, name);
    if (!type || !existsSync(file)) return refuse(404);
    send(type, readFileSync(file));
  });
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new InputError(`--port ${port}: ${error.code === 'EACCES' ? 'permission denied' : 'it is in use'}`)
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function ended(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      server.closeAllConnections();
      server.close(() => resolve());
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}
