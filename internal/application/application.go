// Package application describes what runs in the schemas of tenants as one value: the migrations of its tables, the
// privileges of its programs' database roles, how a probe recognizes it, and the backend that serves it. The operator knows nothing
// else about an application; the bundled one is application/blog.
package application

import "slices"

// Application is what runs in the schema of every tenant of a Platform.
type Application struct {
	// Name identifies the application in the record of applied migrations. It never changes.
	Name string
	// Migrations create and change its tables in the schema of a tenant. They also decide the order of its versions.
	Migrations
	// Grants are the privileges of its programs on objects in the schema of a tenant. Each program also gets USAGE there.
	Grants []Grant
	// PublicGrants are the privileges of its programs on the tables in public that they need.
	PublicGrants []Grant
	// Probe says how a tenant is recognized in the backend's response.
	Probe Probe
	// Backend is the Service that serves the hosts of all tenants. It depends on the Platform.
	Backend Backend
}

// Grant gives the database role of a program privileges on tables.
type Grant struct {
	// Program names the program, in at most 14 lowercase letters, digits and underscores. Its role is PREFIX_PROGRAM, with
	// the prefix of the installation.
	Program string
	// Privileges are SQL privileges on tables, each by its name, such as SELECT.
	Privileges []string
	// Tables are the names of tables, without their schema. A schema without one of them is defective.
	Tables []string
}

// Probe says how a tenant is recognized in a response to HEAD.
type Probe struct {
	// Path is the path of the requested page.
	Path string
	// Header is the response header that contains the name of the tenant.
	Header string
	// Active are the statuses of a tenant that is served, the usual one first.
	Active []int
	// Suspended are the statuses of a suspended tenant, the usual one first.
	Suspended []int
}

// Backend is a Service in the namespace of the Platform.
type Backend struct {
	Service string
	Port    int32
}

// Programs returns the programs that have privileges, sorted.
func (a Application) Programs() []string {
	return ProgramsOf(append(slices.Clone(a.Grants), a.PublicGrants...))
}

// ProgramsOf returns the programs that grants give privileges, sorted.
func ProgramsOf(grants []Grant) []string {
	var programs []string
	for _, grant := range grants {
		programs = append(programs, grant.Program)
	}
	slices.Sort(programs)
	return slices.Compact(programs)
}
