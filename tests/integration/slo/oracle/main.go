// Oracle says what OpenSLO's own validator answers, so that `tfbench slo validate` can be held against it.
//
//	file names on stdin, one a line  ->  Decode, Validate  ->  one line of JSON a file on stdout
//
//	{"objects": 2, "errors": [{"object": 1, "path": "spec.service", "message": "..."}]}
//
// A file that cannot be decoded has one error without a path, and no objects: the validator decodes all or nothing.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/OpenSLO/go-sdk/pkg/openslosdk"
	"github.com/nobl9/govy/pkg/govy"
)

type mistake struct {
	Object  int    `json:"object"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

type answer struct {
	Objects int       `json:"objects"`
	Errors  []mistake `json:"errors"`
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	files := bufio.NewScanner(os.Stdin)
	for files.Scan() {
		found, err := judge(files.Text())
		if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(found); err != nil {
			log.Fatal(err)
		}
	}
	if err := files.Err(); err != nil {
		log.Fatal(err)
	}
}

// judge fails only where the validator gave no answer: that is neither taken nor refused.
func judge(name string) (answer, error) {
	file, err := os.Open(name)
	if err != nil {
		return answer{}, err
	}
	defer file.Close()
	objects, err := openslosdk.Decode(file, openslosdk.FormatYAML)
	if err != nil {
		return answer{Errors: []mistake{{Message: err.Error()}}}, nil
	}
	found := answer{Objects: len(objects), Errors: []mistake{}}
	err = openslosdk.Validate(objects...)
	var each govy.ValidatorErrors
	if err != nil && !errors.As(err, &each) {
		return answer{}, err
	}
	for _, object := range each {
		found.Errors = append(found.Errors, mistakes(object)...)
	}
	return found, nil
}

func mistakes(object *govy.ValidatorError) []mistake {
	var found []mistake
	for _, property := range object.Errors {
		for _, rule := range property.Errors {
			found = append(found, mistake{*object.SliceIndex, property.PropertyPath.String(), rule.Message})
		}
	}
	return found
}
