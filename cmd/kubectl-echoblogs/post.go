package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/posts"
	"github.com/echoblogs/echoblogs/internal/registry"
)

// maxFileSize bounds what is read of a file: the longest content and some front matter.
const maxFileSize = posts.MaxContentBytes + 64<<10

func postCommand(flags *clusterFlags) *cobra.Command {
	var draft bool
	cmd := &cobra.Command{
		Use:   "post TENANT FILE.md",
		Short: "Write a Markdown file into a Tenant's blog",
		Long: `Write a Markdown file into a Tenant's blog; - reads it from the standard input. The file's first heading is the
title, or the front matter says it, with slug, author, date and draft where they are wanted:

  ---
  title: Hello
  author: Alice
  date: 2027-01-31
  ---
  The text, in **Markdown**.

The same slug again replaces the post.`,
		Example: "  kubectl echoblogs post alice hello.md",
		Args:    cobra.ExactArgs(2),
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
			return post(ctx, cmd.OutOrStdout(), cluster, args[0], document)
		},
	}
	cmd.Flags().BoolVar(&draft, "draft", false, "keep the post from readers")
	return cmd
}

func readDocument(stdin io.Reader, path string) (posts.Document, error) {
	source := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return posts.Document{}, fmt.Errorf("open the post: %w", err)
		}
		defer file.Close()
		source = file
	}
	content, err := io.ReadAll(io.LimitReader(source, maxFileSize+1))
	if err != nil {
		return posts.Document{}, fmt.Errorf("read %s: %w", path, err)
	}
	if len(content) > maxFileSize {
		return posts.Document{}, fmt.Errorf("%s is larger than a post may be: at most %d bytes", path, maxFileSize)
	}
	document, err := posts.Parse(content)
	if err != nil {
		return posts.Document{}, fmt.Errorf("read %s: %w", path, err)
	}
	return document, nil
}

func post(ctx context.Context, out io.Writer, cluster *cluster, name string, document posts.Document) error {
	tenant, err := cluster.tenant(ctx, name)
	if err != nil {
		return err
	}
	platform, err := cluster.platform(ctx, tenant.PlatformName())
	if err != nil {
		return err
	}
	pool, err := cluster.database(ctx, platform)
	if err != nil {
		return err
	}
	defer pool.Close()
	row, err := registry.Find(ctx, pool, name)
	switch {
	case errors.Is(err, registry.ErrNoTenant) || err == nil && row.State != registry.Live:
		return fmt.Errorf("the Tenant %q has no blog yet: \"kubectl get tenant %s -o wide\" says what it waits for", name, name)
	case err != nil:
		return fmt.Errorf("look up the blog of %s: %s", name, postgres.Explain(err))
	}
	limits := posts.Limits{MaxPosts: row.Limits.MaxPosts, MaxStorageBytes: row.Limits.MaxStorageBytes}
	outcome, err := posts.NewStore(row.SchemaName).Save(ctx, pool, document, limits, time.Now())
	var invalid *posts.InvalidError
	switch {
	case errors.As(err, &invalid):
		return invalid
	case err != nil:
		return fmt.Errorf("write the post into the blog of %s: %s", name, postgres.Explain(err))
	}
	if err := account.RecordFirstPost(ctx, pool, row.ID, time.Now()); err != nil {
		return fmt.Errorf("note that the blog of %s has been written in; the post is stored, and doing it again does no harm: %s", name, postgres.Explain(err))
	}
	fmt.Fprintf(out, "%s %s", outcome, document.Title)
	if tenant.Status.URL != "" && !document.Draft {
		fmt.Fprintf(out, ": %s/%s/", tenant.Status.URL, document.Slug)
	}
	fmt.Fprintln(out)
	return nil
}
