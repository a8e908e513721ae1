import ts from "typescript";

/**
 * @typedef {{ line: number, column: number, text: string, isDoc: boolean }} Comment
 * @typedef {{ line: number, start: string, end: string }} Text The first and the last piece of a
 * string or template
 */

const { SyntaxKind } = ts;
const operandEnds = new Set([
  ...[SyntaxKind.Identifier, SyntaxKind.NumericLiteral, SyntaxKind.StringLiteral, SyntaxKind.CloseParenToken],
  ...[SyntaxKind.CloseBracketToken, SyntaxKind.CloseBraceToken, SyntaxKind.TemplateTail],
  ...[SyntaxKind.NoSubstitutionTemplateLiteral, SyntaxKind.ThisKeyword, SyntaxKind.RegularExpressionLiteral],
]);

/**
 * Returns the comments of a source, the texts of its errors and the titles of its tests.
 *
 * @param {string} source
 * @returns {{ comments: Comment[], errorTexts: Text[], testTitles: Text[] }}
 */
export function readSource(source) {
  /** @type {Comment[]} */
  const comments = [];
  /** @type {Text[]} */
  const errorTexts = [];
  /** @type {Text[]} */
  const testTitles = [];
  const file = ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest);
  /** @type {{ kind: ts.SyntaxKind, text: string, position: number }[]} */
  const tokens = [];
  for (const token of tokenize(source)) {
    const { line, character } = file.getLineAndCharacterOfPosition(token.position);
    if (
      token.kind === SyntaxKind.MultiLineCommentTrivia ||
      token.kind === SyntaxKind.SingleLineCommentTrivia
    ) {
      comments.push({ line, column: character, text: token.text, isDoc: token.text.startsWith("/**") });
    } else tokens.push(token);
  }
  for (const [index, { kind, position }] of tokens.entries()) {
    const before = tokens[index - 1];
    const isString = kind === SyntaxKind.StringLiteral || kind === SyntaxKind.NoSubstitutionTemplateLiteral;
    if (!isString && kind !== SyntaxKind.TemplateHead) continue;
    const text = textAt(tokens, index, file.getLineAndCharacterOfPosition(position).line);
    if (isErrorText(tokens, index)) errorTexts.push(text);
    if (before?.kind === SyntaxKind.OpenParenToken && isTestCall(tokens, index - 2)) testTitles.push(text);
  }
  return { comments, errorTexts, testTitles };
}

/** @param {string} source */
function* tokenize(source) {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, source);
  /** @type {boolean[]} */
  const braces = [];
  /** @type {ts.SyntaxKind | undefined} */
  let last;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === SyntaxKind.SlashToken && (last === undefined || !operandEnds.has(last))) {
      kind = scanner.reScanSlashToken();
    }
    if (kind === SyntaxKind.CloseBraceToken && braces.pop()) {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateMiddle) braces.push(true);
    }
    if (kind === SyntaxKind.OpenBraceToken) braces.push(false);
    if (kind === SyntaxKind.TemplateHead) braces.push(true);
    const isTrivia = kind >= SyntaxKind.FirstTriviaToken && kind <= SyntaxKind.LastTriviaToken;
    const isComment =
      kind === SyntaxKind.MultiLineCommentTrivia || kind === SyntaxKind.SingleLineCommentTrivia;
    if (isTrivia && !isComment) continue;
    if (!isTrivia) last = kind;
    yield { kind, text: scanner.getTokenText(), position: scanner.getTokenStart() };
  }
}

/**
 * @param {{ kind: ts.SyntaxKind, text: string }[]} tokens
 * @param {number} index
 * @param {number} line
 * @returns {Text}
 */
function textAt(tokens, index, line) {
  const token = tokens[index];
  const text = token?.text ?? "";
  if (token?.kind !== SyntaxKind.TemplateHead) return { line, start: text.slice(1), end: text.slice(0, -1) };
  let depth = 1;
  let at = index;
  while (depth > 0 && at + 1 < tokens.length) {
    at += 1;
    if (tokens[at]?.kind === SyntaxKind.TemplateHead) depth += 1;
    if (tokens[at]?.kind === SyntaxKind.TemplateTail) depth -= 1;
  }
  const end = tokens[at]?.text.slice(1, -1) ?? "";
  // A text that begins or ends with a value cannot be judged there.
  return { line, start: text === "`${" ? "`" : text.slice(1), end: end === "" ? "." : end };
}

/**
 * Returns true for the message in `new SomeError("CODE", "message")` and in
 * `new SomeError("message")`.
 *
 * @param {{ kind: ts.SyntaxKind, text: string }[]} tokens
 * @param {number} index
 */
function isErrorText(tokens, index) {
  const [name, paren, code, comma] = tokens.slice(Math.max(0, index - 4), index);
  const isCode = /^"[A-Z_]+"$/.test(code?.text ?? "") && comma?.kind === SyntaxKind.CommaToken;
  if (isCode) return paren?.kind === SyntaxKind.OpenParenToken && /Error$/.test(name?.text ?? "");
  const isOpen = tokens[index - 1]?.kind === SyntaxKind.OpenParenToken;
  return (
    isOpen && /Error$/.test(tokens[index - 2]?.text ?? "") && !/^"[A-Z_]+"$/.test(tokens[index]?.text ?? "")
  );
}

/**
 * @param {{ kind: ts.SyntaxKind, text: string }[]} tokens
 * @param {number} index
 */
function isTestCall(tokens, index) {
  return /^(?:test|it|describe)$/.test(tokens[index]?.text ?? "");
}
