import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

const COMPARISONS = new Set(['Eql', 'Neq', 'Gtr', 'Gte', 'Lss', 'Lte']);
const SET_OPERATORS = new Set(['And', 'Or', 'Unless']);

/** The places in an expression that are no PromQL, as text around them; empty when it is right. */
export function syntaxErrors(expr: string): string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(expr.slice(Math.max(0, from - 20), from + 20));
    },
  });
  return errors;
}

/** Names of the metrics in an expression, in the order they are in. A selector without a name, as `{job="a"}`, has none. */
export function metricNames(expr: string): string[] {
  const names: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, node }) => {
      if (name !== 'VectorSelector') return;
      const identifier = node.getChild('Identifier');
      if (identifier !== null) names.push(textOf(identifier, expr));
    },
  });
  return names;
}

/**
 * The vectors that an alert's expression compares: what must have data for the alert to be able to fire.
 *
 * They are the left operands of the comparisons that `and`, `or` and `unless` join; an operand of these that is not
 * compared is given as it is. `a > 1 and b > 2` has `a` and `b`.
 */
export function comparedVector(expr: string): string[] {
  const top = parser.parse(expr).topNode.firstChild;
  return top === null ? [] : compared(top, expr);
}

function compared(node: Node, expr: string): string[] {
  const [first, ...rest] = childrenOf(node);
  const last = rest.at(-1);
  if (first !== undefined && last !== undefined) {
    if (node.name === 'BinaryExpr') {
      if (rest.some(({ name }) => COMPARISONS.has(name))) return [textOf(first, expr)];
      if (rest.some(({ name }) => SET_OPERATORS.has(name))) return [...compared(first, expr), ...compared(last, expr)];
    }
  } else if (node.name === 'ParenExpr' && first !== undefined) {
    return compared(first, expr);
  }
  return [textOf(node, expr)];
}

function textOf({ from, to }: Node, expr: string): string {
  return expr.slice(from, to);
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
