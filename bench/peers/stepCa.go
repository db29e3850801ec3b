// Serves the API of step-ca over plain HTTP, as cfssl and Mayfly are served in the same bench: TLS is nobody's part of it.
// build.sh builds it: step-ca-http CONFIG ADDRESS
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi"
	"github.com/smallstep/certificates/api"
	"github.com/smallstep/certificates/authority"
	"github.com/smallstep/certificates/authority/config"
)

func main() {
	settings, err := config.LoadConfiguration(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	authority, err := authority.New(settings)
	if err != nil {
		log.Fatal(err)
	}
	router := chi.NewRouter()
	api.New(authority).Route(router)
	log.Fatal(http.ListenAndServe(os.Args[2], router))
}
