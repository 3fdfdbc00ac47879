package application_test

import (
	"fmt"
	"testing/fstest"

	"github.com/echoblogs/echoblogs/internal/application"
)

// Migrations determine the latest version of a schema, and what is pending at an older one.
func ExampleReadMigrations() {
	files := fstest.MapFS{
		"migrations/0001_notes.sql": {Data: []byte("CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)")},
		"migrations/0002_tags.sql":  {Data: []byte("CREATE TABLE tags (note_id bigint PRIMARY KEY, tag text NOT NULL)")},
	}
	migrations, err := application.ReadMigrations(files, "migrations")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Latest:", migrations.Latest())
	for _, migration := range migrations.Pending("0001") {
		fmt.Println("Pending at 0001:", migration.Name)
	}
	fmt.Println("0007 is newer:", migrations.Compare("0007", migrations.Latest()) > 0)
	// Output:
	// Latest: 0002
	// Pending at 0001: 0002_tags.sql
	// 0007 is newer: true
}

// An application is a value: running the operator with another application needs no other change.
func ExampleApplication() {
	notebook := application.Application{
		Name: "notebook",
		Migrations: application.MustReadMigrations(fstest.MapFS{
			"0001_notes.sql": {Data: []byte("CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL)")},
		}, "."),
		Grants: []application.Grant{
			{Program: "notebook_web", Privileges: []string{"SELECT", "INSERT"}, Tables: []string{"notes"}},
		},
		PublicGrants: []application.Grant{
			{Program: "notebook_web", Privileges: []string{"SELECT"}, Tables: []string{"tenants", "domains"}},
		},
		Probe: application.Probe{Path: "/up", Header: "X-Notebook", Active: []int{204}, Suspended: []int{403}},
	}
	fmt.Println(notebook.Name, notebook.Latest(), notebook.Programs())
	// Output: notebook 0001 [notebook_web]
}
