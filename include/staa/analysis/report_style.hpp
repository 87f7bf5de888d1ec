// SPDX-License-Identifier: MIT
// How a report looks.
#pragma once

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The style sheet of report_page.hpp. Colours of text have a contrast of at least 4.5 on their background.
inline constexpr const char* report_style = R"css(
:root { --back: #fbfbfa; --sheet: #ffffff; --ink: #1f2328; --quiet: #59636e; --rule: #d5dae0; --accent: #0b5cad;
  --line0: #0b5cad; --line1: #b54708; --line2: #17723b; --line3: #8a3ffc; --on-cell: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1419; --sheet: #171d24; --ink: #e6e9ed; --quiet: #9aa6b2;
  --rule: #303943; --accent: #6cb2ff; --line0: #6cb2ff; --line1: #ffab5e; --line2: #6fd08c; --line3: #c9a6ff;
  --on-cell: #0f1419; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, nav, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 .75rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
h4 { font-size: .85rem; font-weight: 600; margin: .6rem 0 .2rem; overflow-wrap: anywhere; }
a { color: var(--accent); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: .5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: 0 0 1rem; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
section { background: var(--sheet); border: 1px solid var(--rule); border-radius: 8px; padding: 1rem; margin: 0 0 1rem; }
.runs { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
.run { min-width: 0; }
.one .run { display: grid; gap: .5rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.one .run > * { min-width: 0; } .one .run > :not(figure) { grid-column: 1 / -1; }
@media (min-width: 60rem) { .two .runs { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .4rem; } }
p { margin: 0 0 .5rem; max-width: 75ch; white-space: pre-line; } .quiet { color: var(--quiet); font-size: .85rem; }
figure { margin: 0; max-width: 36rem; } figcaption { color: var(--quiet); font-size: .875rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; } svg text { fill: var(--ink); }
svg text.quiet { fill: var(--quiet); font-size: 11px; } svg text.on-cell { fill: var(--on-cell); }
.axis { stroke: var(--ink); } .grid { stroke: var(--rule); } .mark { stroke: var(--line1); stroke-dasharray: 3 2; }
.bar, .cell { fill: var(--accent); } polyline { fill: none; stroke-width: 2; }
.line0 { stroke: var(--line0); } .line1 { stroke: var(--line1); } .line2 { stroke: var(--line2); } .line3 { stroke: var(--line3); }
polyline.line1 { stroke-dasharray: 6 3; } polyline.line2 { stroke-dasharray: 2 3; } polyline.line3 { stroke-dasharray: 8 3 2 3; }
circle.line0 { fill: var(--line0); } circle.line1 { fill: var(--line1); } circle.line2 { fill: var(--line2); }
circle.line3 { fill: var(--line3); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .25rem 0; list-style: none; font-size: .875rem; }
.key { display: inline-block; width: 1.1rem; height: .25rem; margin-right: .4rem; vertical-align: middle; }
.key.line0 { background: var(--line0); } .key.line1 { background: var(--line1); } .key.line2 { background: var(--line2); }
.key.line3 { background: var(--line3); }
.scroll, pre { overflow: auto; max-height: 32rem; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; } pre { font-size: .8rem; }
summary { cursor: pointer; padding: .4rem 0; color: var(--accent); }
.small { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem; } .tile { width: 8.5rem; } img { image-rendering: pixelated; width: 6rem; }
.look { border-top: 1px solid var(--rule); padding-top: .75rem; margin-top: .75rem; }
.strip { display: flex; flex-wrap: wrap; gap: .25rem; align-items: center; margin-bottom: .25rem; }
.strip span { width: 4.5rem; } .strip img { width: 4rem; }
footer { color: var(--quiet); font-size: .875rem; padding-bottom: 2rem; }
@media print { nav { display: none; } section { break-inside: avoid; } }
)css";

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
