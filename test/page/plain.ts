/**
 * The address of a page of as much as the live page shows, with nothing behind it: a table of `rows` rows in a box that scrolls, and
 * `charts` canvases, each drawn once. What scrolling it costs is what this machine's browser costs.
 */
export function plainPage(rows: number, charts: number): string {
  const cells = '<td>12.3</td>'.repeat(6);
  const line = `<tr><th>/large.v1.Large/Method</th>${cells}<td><i></i><small>OK</small></td><td><svg viewBox="0 0 100 20"><path d="M0 9L50 2L100 19"/></svg></td></tr>`;
  const chart = '<figure><h3>large_seconds</h3><canvas width="300" height="140"></canvas></figure>';
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>plain</title><style>
    body { margin: 0; font: 14px sans-serif }
    header { position: sticky; top: 0; height: 50px; background: #fff; z-index: 1 }
    main { max-width: 1460px; margin: 200px auto 0 }
    section { height: 372px; overflow: auto }
    table { width: 100%; table-layout: fixed; border-collapse: collapse }
    tr { height: 34px; border-bottom: 1px solid #ddd }
    svg { width: 100%; height: 22px; fill: none; stroke: #00f }
    div { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px }
    figure { margin: 0; height: 222px; border: 1px solid #ddd }
  </style><header>plain</header><main><section><table>${line.repeat(rows)}</table></section><div>${chart.repeat(charts)}</div></main>
  <script>for (const canvas of document.querySelectorAll('canvas')) {
    const pen = canvas.getContext('2d');
    for (let x = 0; x < 300; x += 1) pen.lineTo(x, 70 + 60 * Math.sin(x / 9));
    pen.stroke();
  }</script></html>`;
  return `data:text/html,${encodeURIComponent(html)}`;
}
