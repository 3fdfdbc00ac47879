package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

func postCommand(flags *clusterFlags) *cobra.Command {
	var o archiveOptions
	cmd := &cobra.Command{
		Use:   "post TENANT FILE",
		Short: "Save a Markdown file, or all those of an export, as posts of a Tenant's blog",
		Long: `Save a Markdown file as a post of a Tenant's blog. The file name - stands for the standard input. The title is the first
heading, unless the front matter has one; all fields are optional:

  ---
  title: Hello
  slug: hello
  author: Alice
  date: 2027-01-31
  tags: [letters, north]
  ---
  The text, in **Markdown**.

The other fields are draft, unlisted and pinned (true or false), excerpt, description, canonical_url, cover, cover_alt, language,
link, old_slugs (a list), page (true or false) and position (a number). Without a title, the post is a note, and needs a slug or
a date. A post with the same slug is replaced; what it said before stays as a revision.

A file whose name ends in .zip is an export of a blog. Its uploads are stored first, unless the blog has them, and then its settings and
its posts, with the addresses that the uploads have here. Settings that the blog has are kept, unless --settings is given. The command
can be repeated.`,
		Example: "  kubectl echoblogs post alice hello.md\n  kubectl echoblogs post alice alice.zip",
		Args:    cobra.ExactArgs(2),

		ValidArgsFunction: completeTenantAndFile(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.EqualFold(filepath.Ext(args[1]), ".zip") {
				return postArchive(cmd.Context(), cmd.OutOrStdout(), flags, args[0], args[1], o)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			document, err := readDocument(cmd.InOrStdin(), args[1])
			if err != nil {
				return err
			}
			document.Draft = document.Draft || o.draft
			b, err := openBlog(ctx, flags, args[0])
			if err != nil {
				return err
			}
			defer b.db.Close()
			return b.save(ctx, cmd.OutOrStdout(), post.SaveRequest{Document: document})
		},
	}
	cmd.Flags().BoolVar(&o.draft, "draft", false, "save posts as drafts")
	cmd.Flags().BoolVar(&o.settings, "settings", false, "replace the settings of the blog with those of an export")
	return cmd
}

func readDocument(stdin io.Reader, path string) (post.Document, error) {
	source := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return post.Document{}, fmt.Errorf("open the post: %w", err)
		}
		defer file.Close()
		source = file
	}
	return parseDocument(source, path)
}

// parseDocument reads the file called name.
func parseDocument(file io.Reader, name string) (post.Document, error) {
	content, err := io.ReadAll(io.LimitReader(file, transfer.MaxFileBytes+1))
	if err != nil {
		return post.Document{}, fmt.Errorf("read %q: %w", name, err)
	}
	document, err := transfer.Parse(content)
	if err != nil {
		return post.Document{}, fmt.Errorf("read %q: %w", name, err)
	}
	return document, nil
}
