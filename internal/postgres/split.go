package postgres

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// SplitStatements returns the statements of a script, without comments before and semicolons after them. It follows the
// lexical rules of Postgres (manual, section 4.1) with standard_conforming_strings, and psql's for semicolons inside of
// parentheses and of function bodies that are written BEGIN ATOMIC … END. It returns an error for a string, an identifier or
// a comment without an end.
func SplitStatements(script string) ([]string, error) {
	s := splitter{script: script}
	for s.at < len(script) {
		if err := s.token(); err != nil {
			return nil, err
		}
	}
	s.end()
	return s.statements, nil
}

// splitter reads a script token by token.
type splitter struct {
	script     string
	at         int
	statements []string

	// Of the current statement: where its first token begins, where its last token ends, and -1 and 0 before the first.
	start, stop int
	started     bool
	// parentheses and blocks are how many of them are open.
	parentheses, blocks int
	// words are the first words, in lower case, which say whether it creates a function.
	words []string
}

func (s *splitter) token() error {
	rest := s.script[s.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		s.at += lineLength(rest)
	case strings.HasPrefix(rest, "/*"):
		length, err := commentLength(rest)
		s.at += length
		return err
	case isSpace(c):
		s.at++
	case c == ';' && s.parentheses == 0 && s.blocks == 0:
		s.end()
		s.at++
	case c == '\'':
		return s.take(quotedLength(rest, '\'', false))
	case c == '"':
		return s.take(quotedLength(rest, '"', false))
	case c == '$':
		return s.take(dollarQuotedLength(rest))
	case isWordStart(c):
		return s.word(rest)
	case c >= '0' && c <= '9': // a number, which can be followed by a word without a space in between
		return s.take(1, nil)
	default:
		s.parentheses = max(0, s.parentheses+parenthesis(c))
		return s.take(1, nil)
	}
	return nil
}

// take adds a token to the statement.
func (s *splitter) take(length int, err error) error {
	if !s.started {
		s.start, s.started = s.at, true
	}
	s.at += length
	s.stop = s.at
	return err
}

// word reads a keyword or an identifier, or a string that begins with a letter: E'…' has escapes.
func (s *splitter) word(rest string) error {
	length := 1
	for length < len(rest) && isWordPart(rest[length]) {
		length++
	}
	word := strings.ToLower(rest[:length])
	if word == "e" && strings.HasPrefix(rest[length:], "'") {
		quoted, err := quotedLength(rest[length:], '\'', true)
		return s.take(length+quoted, err)
	}
	if len(s.words) < maxLeadingWords {
		s.words = append(s.words, word)
	}
	if s.createsFunction() && s.parentheses == 0 {
		switch word {
		case "begin":
			s.blocks++
		case "case":
			if s.blocks > 0 {
				s.blocks++
			}
		case "end":
			s.blocks = max(0, s.blocks-1)
		}
	}
	return s.take(length, nil)
}

// maxLeadingWords is the number of words of CREATE OR REPLACE FUNCTION.
const maxLeadingWords = 4

func (s *splitter) createsFunction() bool {
	words := s.words
	if len(words) == 0 || words[0] != "create" {
		return false
	}
	words = words[1:]
	if len(words) > 1 && words[0] == "or" && words[1] == "replace" {
		words = words[2:]
	}
	return len(words) > 0 && (words[0] == "function" || words[0] == "procedure")
}

// end completes the current statement.
func (s *splitter) end() {
	if s.started {
		s.statements = append(s.statements, s.script[s.start:s.stop])
	}
	s.started, s.parentheses, s.blocks, s.words = false, 0, 0, nil
}

var errNoEnd = errors.New("the script ends within a string, an identifier or a comment")

func lineLength(text string) int {
	if end := strings.IndexAny(text, "\r\n"); end >= 0 {
		return end
	}
	return len(text)
}

// commentLength returns the length of a comment, in which others can be nested.
func commentLength(text string) (int, error) {
	depth := 0
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(text[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i, nil
			}
		default:
			i++
		}
	}
	return len(text), errNoEnd
}

// quotedLength returns the length of text in quotes. A doubled quote stands for one quote, which reads as the end of one
// string and the beginning of the next.
func quotedLength(text string, quote byte, escapes bool) (int, error) {
	for i := 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == quote && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1, nil
		}
	}
	return len(text), errNoEnd
}

// dollarQuotedLength returns the length of $tag$…$tag$, or 1 if text is something else, such as a parameter.
func dollarQuotedLength(text string) (int, error) {
	end := strings.IndexByte(text[1:], '$') + 1
	if end == 0 {
		return 1, nil
	}
	for i := 1; i < end; i++ {
		if !isWordPart(text[i]) || text[i] == '$' || i == 1 && !isWordStart(text[i]) {
			return 1, nil
		}
	}
	tag := text[:end+1]
	length := strings.Index(text[len(tag):], tag)
	if length < 0 {
		return len(text), errNoEnd
	}
	return len(tag) + length + len(tag), nil
}

func parenthesis(c byte) int {
	switch c {
	case '(':
		return 1
	case ')':
		return -1
	}
	return 0
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\n\r\f\v", c) >= 0 }

// isWordStart accepts every byte of a character outside of ASCII, as Postgres does.
func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isWordPart(c byte) bool { return isWordStart(c) || c >= '0' && c <= '9' || c == '$' }
