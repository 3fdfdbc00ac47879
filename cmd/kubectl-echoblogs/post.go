package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func postCommand(flags *clusterFlags) *cobra.Command {
	var draft bool
	cmd := &cobra.Command{
		Use:   "post TENANT FILE.md",
		Short: "Save a Markdown file as a post of a Tenant's blog",
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
a date. A post with the same slug is replaced; what it said before stays as a revision.`,
		Example: "  kubectl echoblogs post alice hello.md",
		Args:    cobra.ExactArgs(2),

		ValidArgsFunction: completeTenantAndFile(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			document, err := readDocument(cmd.InOrStdin(), args[1])
			if err != nil {
				return err
			}
			document.Draft = document.Draft || draft
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			return savePost(ctx, cmd.OutOrStdout(), cluster, args[0], document)
		},
	}
	cmd.Flags().BoolVar(&draft, "draft", false, "save the post as a draft")
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
	content, err := io.ReadAll(io.LimitReader(source, transfer.MaxFileBytes+1))
	if err != nil {
		return post.Document{}, fmt.Errorf("read %s: %w", path, err)
	}
	document, err := transfer.Parse(content)
	if err != nil {
		return post.Document{}, fmt.Errorf("read %s: %w", path, err)
	}
	return document, nil
}

func savePost(ctx context.Context, out io.Writer, cluster *cluster, name string, document post.Document) error {
	tenant, err := cluster.Tenant(ctx, name)
	if err != nil {
		return err
	}
	platform, err := cluster.Platform(ctx, tenant.PlatformName())
	if err != nil {
		return err
	}
	db, err := cluster.Database(ctx, platform)
	if err != nil {
		return err
	}
	defer db.Close()
	row, err := tenancy.NewReader(db).Find(ctx, name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound) || err == nil && row.State != tenancy.StateLive:
		return fmt.Errorf("the Tenant %q has no blog yet; \"kubectl get tenant %s -o wide\" says why", name, name)
	case err != nil:
		return fmt.Errorf("find the blog of %s: %s", name, postgres.LogText(err))
	}
	set, err := settings.NewStore(row.SchemaName).Load(ctx, db)
	if err != nil {
		return fmt.Errorf("read the settings of the blog of %s: %s", name, postgres.LogText(err))
	}
	quota := post.Quota{MaxPosts: row.Limits.MaxPosts, MaxStorageBytes: row.Limits.MaxStorageBytes}
	saved, err := post.NewStore(row.SchemaName).Save(ctx, db, post.SaveRequest{
		Document: document, Overwrite: true, SmartPunctuation: set.SmartPunctuation, Zone: set.Location(), Quota: quota, Now: time.Now(),
	})
	var (
		invalid *post.InvalidError
		full    *post.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &full):
		return full
	case errors.Is(err, post.ErrSlugRedirects):
		return fmt.Errorf("the address of the post leads to another post of %s, which had it before: choose another slug", name)
	case err != nil:
		return fmt.Errorf("save the post in the blog of %s: %s", name, postgres.LogText(err))
	}
	fmt.Fprintf(out, "%s %s", saved.Outcome, cmp.Or(document.Title, saved.Slug))
	if tenant.Status.URL != "" && !document.Draft {
		fmt.Fprintf(out, ": %s/%s/", tenant.Status.URL, saved.Slug)
	}
	fmt.Fprintln(out)
	for _, note := range saved.Notes {
		fmt.Fprintf(out, "Line %d of the text: %s\n", note.Line, note.Sentence)
	}
	return nil
}
