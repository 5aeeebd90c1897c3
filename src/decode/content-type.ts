/** Prometheus reads answers of these types. Protobuf is the third. */
const known = ['text/plain', 'application/openmetrics-text', 'application/vnd.google.protobuf'];

/**
 * Why Prometheus 3 refuses an answer with this Content-Type; undefined where it does not. Prometheus 2 takes what it does not know
 * for the text format.
 * Source: `extractMediaType` in https://github.com/prometheus/prometheus/blob/main/model/textparse/interface.go
 */
export function contentTypeFault(contentType: string): string | undefined {
  if (contentType === '') return 'the answer has no Content-Type';
  const said = JSON.stringify(contentType);
  const parsed = parseMediaType(contentType);
  if ('fault' in parsed) return `${said} is malformed: ${parsed.fault}`;
  if (known.includes(parsed.mediaType)) return undefined;
  return `${said} is neither text/plain nor application/openmetrics-text`;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z{}]*/;
const quoted = /^"((?:[^"\\\r\n]|\\[^\r\n])*)"/;

/**
 * Parses a media type as strictly as Go.
 * Source: `ParseMediaType` in https://github.com/golang/go/blob/master/src/mime/mediatype.go
 */
function parseMediaType(text: string): { readonly mediaType: string } | { readonly fault: string } {
  const [base = ''] = text.split(';', 1);
  const mediaType = base.trim().toLowerCase();
  const fault = typeFault(mediaType) ?? parametersFault(text.slice(base.length));
  return fault === undefined ? { mediaType } : { fault };
}

function typeFault(mediaType: string): string | undefined {
  const type = tokenOf(mediaType);
  if (type === '') return 'no type';
  if (type === mediaType) return undefined;
  if (mediaType[type.length] !== '/') return `no / behind ${type}`;
  const rest = mediaType.slice(type.length + 1);
  const subtype = tokenOf(rest);
  if (subtype === '') return `nothing behind ${type}/`;
  return subtype === rest ? undefined : `${JSON.stringify(rest.slice(subtype.length))} behind the type`;
}

function parametersFault(text: string): string | undefined {
  const values = new Map<string, string>();
  let rest = text.trimStart();
  while (rest !== '') {
    const parameter = parameterOf(rest);
    if (parameter === undefined) {
      // One semicolon may be at the end.
      return rest.trim() === ';' ? undefined : `${JSON.stringify(rest.trim())} is no parameter`;
    }
    const { name, value } = parameter;
    if (values.has(name) && values.get(name) !== value) return `the parameter ${name} is there twice`;
    values.set(name, value);
    rest = parameter.rest.trimStart();
  }
  return undefined;
}

function parameterOf(text: string): { name: string; value: string; rest: string } | undefined {
  if (!text.startsWith(';')) return undefined;
  const inner = text.slice(1).trimStart();
  const name = tokenOf(inner);
  const assigned = inner.slice(name.length).trimStart();
  if (name === '' || !assigned.startsWith('=')) return undefined;
  const behind = assigned.slice(1).trimStart();
  const [whole, value] = quoted.exec(behind) ?? [tokenOf(behind), tokenOf(behind)];
  return whole === '' ? undefined : { name: name.toLowerCase(), value, rest: behind.slice(whole.length) };
}

function tokenOf(text: string): string {
  return token.exec(text)![0];
}
