package naming_test

import (
	"fmt"

	"github.com/echoblogs/echoblogs/internal/naming"
)

func ExampleCheckTenant() {
	fmt.Println(naming.CheckTenant("john-doe"))
	fmt.Println(naming.CheckTenant("www"))
	// Output:
	// <nil>
	// "www": this name is reserved for the platform itself: choose another name
}

func ExampleSchema() {
	fmt.Println(naming.Schema("john-doe"))
	// Output: john_doe
}

func ExampleNormalizeHost() {
	host, err := naming.NormalizeHost("John-Doe.Example.COM:8443")
	fmt.Println(host, err)
	// Output: john-doe.example.com <nil>
}
