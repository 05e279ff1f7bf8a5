/** What crosses the server: an address whose password is never shown, and payloads that are believed by nobody. */
import { describe, expect, test } from 'vitest';
import { redisAddress } from '../../src/sweep/index.ts';
import { payloadOf, readPayload } from '../../src/sweep/queue.ts';
import { madeUp } from '../support/sweeps.ts';

const SECRET = 'open-sesame';
const REPLY = '0123456789abcdef';

describe('the URL', () => {
  test('user, password, database and TLS are taken from it, and only the rest is shown', () => {
    const { shown, options } = redisAddress(`rediss://me:p%40${SECRET}@[::1]:6390/3`);
    expect(shown).toBe('rediss://[::1]:6390/3');
    expect(options).toMatchObject({ host: '::1', port: 6390, db: 3, username: 'me', password: `p@${SECRET}` });
    expect(options.tls).toEqual({});
    expect(redisAddress('rediss://h').options.tls).toEqual({ servername: 'h' });
    expect(redisAddress('redis://h').options).toMatchObject({ host: 'h', port: 6379, db: 0 });
    expect(redisAddress('redis://h').options).not.toHaveProperty('tls');
  });

  test.each([
    `http://:${SECRET}@h`,
    `redis://:${SECRET}@h:port`,
    `redis://:${SECRET}@h/x`,
    `${SECRET}`,
    `redis://:${SECRET}@h?tls=no`,
  ])('%# is refused without being repeated', (url) => {
    const sentence = '--redis: expected a URL such as redis://host:6379 or rediss://user:password@host:6380/0';
    expect(() => redisAddress(url)).toThrow(new RegExp(`^${sentence.replace(/[?]/g, '.')}$`));
  });
});

describe('a payload', () => {
  const { job, id } = madeUp({ seed: 1 });
  const good = payloadOf(REPLY, id, job, { seconds: 5, memoryMiB: 256, attempts: 1 });
  test.each([
    [{ id: 'f'.repeat(32) }, "payload.id: expected the job's hash"],
    [{ reply: 'bull:*' }, 'payload.reply: expected 16 hexadecimal digits'],
    [{ job: { ...job, seed: 2 } }, "payload.id: expected the job's hash"],
    [{ job: { ...job, target: { expression: 'x', run: 'rm -rf /' } } }, 'payload.job.target: expected only'],
    [{ limits: { seconds: 1e300 } }, 'payload.limits.seconds: expected a number in'],
    [{ more: 1 }, 'payload: expected only'],
  ] as const)('with %o is refused', (change, sentence) => {
    expect(readPayload(JSON.parse(JSON.stringify(good)), 'payload')).toEqual(good);
    expect(() => readPayload({ ...good, ...change }, 'payload')).toThrow(sentence);
  });
});
