package v1alpha1

// SiteSpec describes the host of the blogs on the public site.
//
// +kubebuilder:validation:MinProperties=1
type SiteSpec struct {
	// name is the name of the public site, at the top of its pages. Empty: EchoBlogs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:XValidation:rule="self.trim() == self && !self.matches('[[:cntrl:]]')",message="must be one line without spaces at its ends, such as Harbour Blogs"
	Name string `json:"name,omitempty"`

	// tagline follows the name in the title of the home page. Empty: a blog of your own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.trim() == self && !self.matches('[[:cntrl:]]')",message="must be one line without spaces at its ends, such as a blog of your own"
	Tagline string `json:"tagline,omitempty"`

	// terms is the address of the terms of service, to which every page of the public site links. Empty: no link.
	// +optional
	Terms PageAddress `json:"terms,omitempty"`

	// privacy is the address of the privacy policy, to which every page of the public site links. Empty: no link.
	// +optional
	Privacy PageAddress `json:"privacy,omitempty"`

	// imprint is the address of the page about who runs the site, to which every page of the public site links. Empty: no
	// link.
	// +optional
	Imprint PageAddress `json:"imprint,omitempty"`
}

// PageAddress is the address of a page, such as https://example.com/terms.
//
// +kubebuilder:validation:MinLength=9
// +kubebuilder:validation:MaxLength=300
// +kubebuilder:validation:XValidation:rule="self.matches('^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?$')",message="must be the address of a page, such as https://example.com/terms"
type PageAddress string
