import { join } from 'node:path';
import { RuleTester, type Rule } from 'eslint';
import { parser } from 'typescript-eslint';

const { rules } = jest.requireActual<{ rules: Record<string, Rule.RuleModule> }>(join(__dirname, '../../eslint-edges.cjs'));
const tester = new RuleTester({ languageOptions: { parser } });
const errors = [{ messageId: 'unguarded' }];

describe('promise 14: lint finds a handler that is not guarded', () => {
  tester.run('guarded-handlers', rules['guarded-handlers'] as Rule.RuleModule, {
    valid: [
      "socket.on('data', guarded((chunk) => take(chunk), fail));",
      "const take = guarded((chunk) => use(chunk), fail); socket.once('data', take);",
      "const { request } = guardedHandlers(handlers); server.on('request', request);",
      "new Promise((resolve) => socket.once('message', resolve));",
      "class A { take = guarded(() => {}, fail); start(s) { s.on('connection', this.take); } }",
      "socket.on('close', () => done());",
      'setInterval(guarded(look, log), 250);',
      'setImmediate(this.wake);',
    ],
    invalid: [
      { code: "socket.on('data', (chunk) => take(chunk));", errors },
      { code: "server.on('request', async (request) => answer(request));", errors },
      { code: "socket.addListener('message', function (message) { take(message); });", errors },
      { code: "const take = (chunk) => use(chunk); socket.on('data', take);", errors },
      { code: "server.on('upgrade', this.handlers.upgrade);", errors },
      { code: "class A { take = () => {}; start(s) { s.on('connection', this.take); } }", errors },
      { code: 'setInterval(() => look(), 250);', errors },
      { code: 'setImmediate(() => send());', errors },
    ],
  });
});
