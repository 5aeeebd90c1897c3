// The service of oracle.proto, and a client of it, measured by the real go-grpc-prometheus.
//
// Prints the ports of both of its servers, gRPC and HTTP, and ends with its standard input. Over HTTP it has /metrics,
// and /call?target=&method=&requests=1+2 makes a call and answers with its code.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/golang/protobuf/ptypes/wrappers"
	prometheus "github.com/grpc-ecosystem/go-grpc-prometheus"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The service's methods by name: whether requests and responses are streams.
var streams = map[string]*grpc.StreamDesc{
	"ServerStream": {StreamName: "ServerStream", ServerStreams: true, Handler: serverStream},
	"ClientStream": {StreamName: "ClientStream", ClientStreams: true, Handler: clientStream},
	"Bidi":         {StreamName: "Bidi", ServerStreams: true, ClientStreams: true, Handler: bidi},
}

var service = grpc.ServiceDesc{
	ServiceName: "oracle.v1.Oracle",
	HandlerType: (*interface{})(nil),
	Methods: []grpc.MethodDesc{
		{MethodName: "Unary", Handler: unary("Unary")},
		{MethodName: "Never", Handler: unary("Never")},
	},
	Streams: []grpc.StreamDesc{*streams["ServerStream"], *streams["ClientStream"], *streams["Bidi"]},
}

func end(last int32) error {
	if code := codes.Code(last % 100); code != codes.OK {
		return status.Error(code, "as asked")
	}
	return nil
}

type handler = func(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error)

func unary(name string) handler {
	return func(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
		request := new(wrappers.Int32Value)
		if err := dec(request); err != nil {
			return nil, err
		}
		info := &grpc.UnaryServerInfo{Server: srv, FullMethod: "/oracle.v1.Oracle/" + name}
		return interceptor(ctx, request, info, func(ctx context.Context, request interface{}) (interface{}, error) {
			value := request.(*wrappers.Int32Value)
			return value, end(value.Value)
		})
	}
}

func serverStream(_ interface{}, stream grpc.ServerStream) error {
	request := new(wrappers.Int32Value)
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	for index := int32(0); index < request.Value/100; index++ {
		if err := stream.SendMsg(request); err != nil {
			return err
		}
	}
	return end(request.Value)
}

// Reads all requests, gives each to `each`, and returns the last one.
func readAll(stream grpc.ServerStream, each func(*wrappers.Int32Value) error) (*wrappers.Int32Value, error) {
	last := new(wrappers.Int32Value)
	for {
		request := new(wrappers.Int32Value)
		err := stream.RecvMsg(request)
		if err == io.EOF {
			return last, nil
		}
		if err == nil {
			err = each(request)
		}
		if err != nil {
			return last, err
		}
		last = request
	}
}

func clientStream(_ interface{}, stream grpc.ServerStream) error {
	last, err := readAll(stream, func(*wrappers.Int32Value) error { return nil })
	if err == nil {
		err = end(last.Value)
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(last)
}

func bidi(_ interface{}, stream grpc.ServerStream) error {
	last, err := readAll(stream, func(request *wrappers.Int32Value) error {
		if err := stream.SendMsg(request); err != nil || request.Value >= 0 {
			return err
		}
		<-stream.Context().Done()
		return status.FromContextError(stream.Context().Err()).Err()
	})
	if err != nil {
		return err
	}
	return end(last.Value)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("go-grpc-prometheus version: 1.2.0")
		return
	}
	served := prometheus.NewServerMetrics()
	served.EnableHandlingTimeHistogram()
	called := prometheus.NewClientMetrics()
	called.EnableClientHandlingTimeHistogram()
	registry := client.NewRegistry()
	registry.MustRegister(served, called)

	server := grpc.NewServer(
		grpc.UnaryInterceptor(served.UnaryServerInterceptor()),
		grpc.StreamInterceptor(served.StreamServerInterceptor()),
	)
	server.RegisterService(&service, struct{}{})
	served.InitializeMetrics(server)

	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	http.HandleFunc("/call", func(response http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		connection, err := grpc.Dial(query.Get("target"), grpc.WithInsecure(), grpc.WithBlock(),
			grpc.WithUnaryInterceptor(called.UnaryClientInterceptor()),
			grpc.WithStreamInterceptor(called.StreamClientInterceptor()))
		if err != nil {
			http.Error(response, err.Error(), 500)
			return
		}
		defer connection.Close()
		fmt.Fprint(response, int(status.Code(call(connection, query.Get("method"), strings.Fields(query.Get("requests"))))))
	})

	grpcListener, httpListener := listen(), listen()
	go func() { log.Fatal(server.Serve(grpcListener)) }()
	go func() { log.Fatal(http.Serve(httpListener, nil)) }()
	fmt.Println(grpcListener.Addr(), httpListener.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func call(connection *grpc.ClientConn, method string, requests []string) error {
	path := "/oracle.v1.Oracle/" + method
	response := new(wrappers.Int32Value)
	value := func(text string) *wrappers.Int32Value {
		number, _ := strconv.Atoi(text)
		return &wrappers.Int32Value{Value: int32(number)}
	}
	desc, isStream := streams[method]
	if !isStream {
		return connection.Invoke(context.Background(), path, value(requests[0]), response)
	}
	stream, err := connection.NewStream(context.Background(), desc, path)
	if err != nil {
		return err
	}
	for _, request := range requests {
		if err := stream.SendMsg(value(request)); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		if err := stream.RecvMsg(response); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
