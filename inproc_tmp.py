import asyncio, sys, time, tempfile, pathlib, json, datetime, resource, tracemalloc, cProfile, pstats
sys.argv=[sys.argv[0],*sys.argv[1:]]
from tests.streams.anthropic.usage.case import CASE as USAGE
from tests.streams.anthropic.cost.case import CASE as COST
from tests.streams.harness import Pipeline, FakeVendor
import httpx
W,M,stream,limit,prof=int(sys.argv[1]),int(sys.argv[2]),sys.argv[3],int(sys.argv[4]),len(sys.argv)>5 and sys.argv[5]=="prof"
extra=dict(a.split("=") for a in sys.argv[6:])
src=open("/tmp/anth-measure/server.py").read().split('class H(')[0].replace("int(sys.argv[1]), int(sys.argv[2])",f"{W},{M}")
exec(src)
CASE=USAGE if stream=="usage" else COST
class V(FakeVendor):
    def __call__(self, request):
        q=dict(request.url.params)
        width,rows=(3600,U) if stream=="usage" else (86400,C)
        start=int(datetime.datetime.fromisoformat(q["starting_at"]).timestamp())
        end=CLOCK.now if "ending_at" not in q else datetime.datetime.fromisoformat(q["ending_at"]).timestamp()-width+1
        starts=list(range(start,int(end)+1,width)); lim=int(q["limit"]); first=int(q.get("page","0"))
        shown=starts[first:first+lim]; more=first+lim<len(starts)
        body=('{"data":['+",".join(f'{{"starting_at":"{iso(s)}","ending_at":"{iso(s+width)}","results":{rows}}}' for s in shown)+f'],"has_more":{str(more).lower()},"next_page":{json.dumps(str(first+lim) if more else None)}}}').encode()
        return httpx.Response(200,content=body,headers={"content-type":"application/json"})
async def main():
    global CLOCK
    d=pathlib.Path(tempfile.mkdtemp(dir="/tmp/anth-measure"))
    opts={"max_series":limit,**{k:(int(v) if v.isdigit() else v) for k,v in extra.items()}}
    run=Pipeline(CASE,d,options=opts,target={"requests_per_minute":1000000})
    run.vendor=V(CASE); CLOCK=run.clock
    async with run:
        for n in range(3):
            c=time.process_time(); t=time.time()
            if prof and n==0:
                p=cProfile.Profile(); p.enable()
            await run.poller.poll(run.job)
            if prof and n==0:
                p.disable(); pstats.Stats(p).sort_stats("cumtime").print_stats(25)
            st=await run.state()
            rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            cur=[l for l in open("/proc/self/status") if l.startswith("VmRSS")][0].split()[1]
            slots=sum(len(s.slots) for s in st.ledger.values())
            tot=sum(s.counter for (n_,l),s in st.ledger.items() if n_ in ("anthropic_tokens_total","anthropic_cost_usd_total"))
            print("poll",n,run.status.state,run.status.reason,"cpu",round(time.process_time()-c,1),"records",run.status.last_records,"series",len(st.ledger),"slots",slots,"maxrss MB",rss//1024,"rss MB",int(cur)//1024,"db",(d/"state.db").stat().st_size//1024,"KiB total",tot,flush=True)
            run.clock.now+=300
    print('state file MB', round((d/'state.db').stat().st_size/1e6,1))
asyncio.run(main())
