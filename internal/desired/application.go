package desired

import (
	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
)

// Application returns the application of a Platform's Tenants: the operator's, served by the Platform's backend.
func Application(operators application.Application, p *v1alpha1.Platform) application.Application {
	operators.Backend = application.Backend{Service: p.Spec.Backend.Name, Port: p.Spec.Backend.PortOrDefault()}
	return operators
}
