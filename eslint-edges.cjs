/**
 * A rule for where something comes in from outside: what is thrown there must not leave the handler (libs/common/src/concurrency/guarded.ts).
 */

/** Events of sockets, servers and streams that bring something from outside. */
const EVENTS = new Set([
  'checkContinue',
  'connect',
  'connection',
  'data',
  'line',
  'message',
  'readable',
  'request',
  'response',
  'secureConnection',
  'stream',
  'upgrade',
]);
const LISTENING = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener']);
const TIMERS = new Set(['setInterval', 'setImmediate']);
const GUARD = 'guarded';

const guardedHandlers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      unguarded: "What this handler throws would end the process: wrap it in '{{guard}}' (#common/concurrency).",
    },
  },
  create(context) {
    const { sourceCode } = context;
    const check = (handler) => {
      if (handler && !isGuarded(handler, sourceCode))
        context.report({ node: handler, messageId: 'unguarded', data: { guard: GUARD } });
    };
    return {
      CallExpression({ callee, arguments: [first, second] }) {
        // What an object keeps for later is mostly the resolver of a promise.
        if (callee.type === 'Identifier' && TIMERS.has(callee.name)) return first?.type !== 'MemberExpression' && check(first);
        if (callee.type !== 'MemberExpression' || !LISTENING.has(callee.property.name)) return;
        if (first?.type === 'Literal' && EVENTS.has(first.value)) check(second);
      },
    };
  },
};

/** A call of `guarded`, a name for one, or something that was handed in: then the caller is to guard it. */
function isGuarded(handler, sourceCode) {
  if (handler.type === 'CallExpression') return handler.callee.type === 'Identifier' && handler.callee.name === GUARD;
  if (handler.type === 'MemberExpression') return isGuardedMember(handler, sourceCode);
  if (handler.type !== 'Identifier') return false;
  const [definition] = variableOf(handler, sourceCode)?.defs ?? [];
  if (definition?.type === 'Parameter') return true;
  return definition?.type === 'Variable' && isGuardedValue(definition.node, sourceCode);
}

/** `const take = guarded(…)`, or `const { request } = guardedHandlers(…)`. */
function isGuardedValue({ init }) {
  return init?.type === 'CallExpression' && init.callee.type === 'Identifier' && init.callee.name.startsWith(GUARD);
}

/** `this.take`, of a class that has `take = guarded(…)`. */
function isGuardedMember({ object, property }, sourceCode) {
  if (object.type !== 'ThisExpression') return false;
  const body = sourceCode.getAncestors(property).findLast(({ type }) => type === 'ClassBody');
  const field = body?.body.find(({ type, key }) => type === 'PropertyDefinition' && key.name === property.name);
  return field !== undefined && isGuardedValue({ init: field.value });
}

function variableOf(identifier, sourceCode) {
  for (let scope = sourceCode.getScope(identifier); scope; scope = scope.upper) {
    const variable = scope.set.get(identifier.name);
    if (variable) return variable;
  }
  return undefined;
}

module.exports = { rules: { 'guarded-handlers': guardedHandlers } };
