// Package components starts the programs of a node, in the namespaces of the sandbox.
package components

// The addresses in the network namespace of a node. No route leads out of it.
const (
	// Address is that of the node itself, with the API server, Postgres and what the tests expose.
	Address = "10.250.0.1"
	// APIPort and PostgresPort are ports at Address.
	APIPort      = "6443"
	PostgresPort = "5432"

	// NodeName is the name of the Node object.
	NodeName = "node"

	pods     = "10.244.0.0/24"
	services = "10.96.0.0/16"
	// DNSAddress is the ClusterIP of CoreDNS.
	DNSAddress = "10.96.0.10"
	// Domain is that of the cluster.
	Domain = "cluster.local"
	// HostName resolves to Address in pods.
	HostName = "host.node.test"
	// PostgresName is the name of the Postgres server, and resolves to Address in pods.
	PostgresName = "postgres.node.test"
)
