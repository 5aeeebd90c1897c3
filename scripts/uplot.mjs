import { readFile } from 'node:fs/promises';

/**
 * What the page does not use of uPlot is left out of its bundle: it is a third of uPlot, and the page has to be small.
 *
 * Options that the page never sets become constants, and esbuild drops what they no longer reach. A cut that finds nothing
 * to cut ends the build: then uPlot has changed, and this list has to be read again.
 */
const cuts = [
  // Members of the function `uPlot` itself, which keep every kind of path, date formats and joins alive.
  [/^uPlot\.assign = assign;[\s\S]*(?=^export \{)/m, ''],
  // Time is an ordinary number: the axis has increments and labels of its own.
  [/^const \[ timeIncrs.*genTimeStuffs\(.*$/gm, ''],
  [/^\tconst _(?:timeAxisSplits|timeAxisVals|timeSeriesVal|tzDate|fmtDate) .*$/gm, ''],
  [/^(\t*let isTime = ).*$/gm, '$1false;'],
  [/\bisTime (\?|&&)/g, 'false $1'],
  [/^const FEAT_TIME .*$/m, 'const FEAT_TIME = false;'],
  // Linear scales, time from left to right.
  [/\b(?:sc|wsc|scale|scaleX)\.distr *(?:==|>=) *(?:2|3|4|100)\b/g, 'false'],
  [/\bdistr == (?:3|4|100) \?/g, 'false ?'],
  [/\b(?:sc|scaleX)\.distr (?:== 1|!= 2)\b/g, 'true'],
  [/\bxScaleDistr == (?:2|3|4)\b/g, 'false'],
  [/\bscaleX\.time\b/g, 'false'],
  [/\bscaleX\.ori == 0\b/g, 'true'],
  [/\bscaleX\.ori == 1\b/g, 'false'],
  [/\bsx\.ori == 0\b/g, 'true'],
  [/\bmode == 2\b/g, 'false'],
  [/\bmode == 1\b/g, 'true'],
  // No bars, whose corners may be round.
  [/^\tlet arcTo = ori[\s\S]*?(?=^\tlet rect = ori)/m, ''],
  [/^\treturn \(p, x, y, w, h, endRad[\s\S]*?^\t\};$/m, '\treturn rect;'],
  // The page brings its font.
  [/^const font += .*$/m, "const font = '11px system-ui';"],
  // The legend is the page's own.
  [/^\tconst showLegend = .*$/m, ''],
  [/\bshowLegend\b/g, 'false'],
  [/\blegend\.(?:live|show)\b/g, 'false'],
  [/\bmultiValLegend\b(?! =)/g, 'false'],
  [/^\t+s\.(?:value|label) = .*$/gm, ''],
  [/^\t\tmarkers\.(?:width|dash|stroke|fill) .*$/gm, ''],
  // No zooming with the mouse, no focus on single series.
  [/\bselect\.show && dragging\b/g, 'false'],
  [/\bif \((?:dragging|_dragging)\)/g, 'if (false)'],
  [/\bdragging && e != null/g, 'false'],
  [/^\t\tonMouse\((?:mousedown|dblclick),.*$/gm, ''],
  [/^\tevents\.(?:mousedown|mouseup|dblclick) .*$/gm, ''],
  [/^\tconst cursorFocus = .*$/m, ''],
  [/^\tconst cursorOnePt = .*$/m, ''],
  [/\b(?:cursorFocus|cursorOnePt)\b/g, 'false'],
  [
    /^\tfunction (?:initLegendRow|syncLegend|setLegendValues|mouseDown|mouseUp|dblClick|hideSelect|setSel[HV]|setAlpha|setFocus|toggleDOM|setSeries|addSeries|delSeries|closestIdxFromXpos)\([\s\S]*?^\t\}$/gm,
    '',
  ],
  [/^\tself\.(?:setSeries|addSeries|delSeries|posToIdx|valToIdx) = .*$/gm, ''],
  [/^\tlet setSel[XY] = .*$/gm, ''],
  [/^\tevents\["setSeries"\] = [\s\S]*?^\t\};$/m, ''],
  [/^const (?:months|days) = \[[\s\S]*?^\];$/gm, ''],
  [/^const (?:engNames|subs) = \{[\s\S]*?^\};$/gm, ''],
  [/^const (?:months3|days3|localTz|wholeIncrs|NL|NLyyyy|NLmd|NLmdyy|hmmaa|NLhmmaa) .*$/gm, ''],
  [/^genIncrs\(.*$/m, ''],
  // Every scale brings its range.
  [/^\t+if \(scaleOpts\.from != null\) \{[\s\S]*?^\t\t\telse \{$/m, '{'],
  [/^\t+if \(scaleKey != xScaleKey \|\| [\s\S]*?(?=^\t+sc\.range = )/m, ''],
  [/fnOrSelf\(rn \|\| [\s\S]*?^\t+\)\);$/m, 'fnOrSelf(rn);'],
  // Axes are labels and a grid: no titles, no ticks, no border, nothing that is turned.
  [/\baxis\.label != null\b/g, 'false'],
  [/\bif \((?:ticks\.show|border\.show|angle)\)/g, 'if (false)'],
  [/\bticks\.show \?/g, 'false ?'],
  [/^\s*angle [<>] 0 \? .*$/gm, ''],
  [/\bangle \|\|\s/g, ''],
  // No points on lines.
  [/^\t+let _gaps = s\._paths != null [\s\S]*?drawPath\(i, true\);\s*\}/m, ''],
  [/^const pointsPath = .*$/m, ''],
  [/^\t+paths: pointsPath,$/m, ''],
  [/^\t+points\.paths .*$/m, ''],
  // No areas between two series.
  [/\blet \[ bandFillDir, bandClipDir \] = .*$/gm, 'const bandFillDir = 0, bandClipDir = 0;'],
  [/^\tbands\.forEach\([\s\S]*?^\t\}\);$/m, ''],
  [/\bflags != 0 && bands\.forEach\([\s\S]*?^\t\t\}\);$/m, ''],
  [/^\tfunction (?:setBand|addBand|delBand)\([\s\S]*?^\t\}$/gm, ''],
  [/^\tself\.(?:addBand|setBand|delBand) = .*$/gm, ''],
];

/** esbuild's plugin that makes the cuts. */
export const trimmedUplot = {
  name: 'uplot',
  setup({ onLoad }) {
    onLoad({ filter: /uPlot\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = cuts.reduce((text, [found, replacement]) => {
        if (text.search(found) === -1) throw new Error(`uPlot has changed: nothing matches ${found}`);
        return text.replace(found, replacement);
      }, source);
      return { contents, loader: 'js' };
    });
  },
};
