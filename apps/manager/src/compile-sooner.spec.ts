import { execFileSync } from 'node:child_process';
import { INTERRUPT_BUDGET } from './compile-sooner';

it('is told to V8 by a flag that V8 has', () => {
  const flags = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(flags).toMatch(new RegExp(`^ *${INTERRUPT_BUDGET} `, 'm'));
});
